package payment

// CheckDigit is the Luhn check digit of decimal digits (ISO/IEC 7812-1, annex B).
func CheckDigit(digits string) byte {
	sum := 0
	for i := range digits {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 { // every second digit, from the one beside the check digit on, counts double
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return byte('0' + (10-sum%10)%10)
}

// Checked says that the last of decimal digits is the check digit of those before.
func Checked(digits string) bool {
	last := len(digits) - 1
	return last >= 0 && CheckDigit(digits[:last]) == digits[last]
}
