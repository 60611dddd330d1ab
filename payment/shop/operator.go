package shop

import (
	"fmt"
	"regexp"
	"strings"

	"till/payment"
	"till/payment/pin"
)

// Operator is a person who may sign on, and what proves it.
type Operator struct {
	payment.Operator
	PIN, Badge pin.Hash // no badge: zero
}

var operatorID = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// CheckOperatorID says what is wrong with an operator's id.
func CheckOperatorID(s string) error {
	if !operatorID.MatchString(s) {
		return fmt.Errorf("%.40q: %w", s, ErrOperatorID)
	}
	return nil
}

// ParseOperator reads "mei / Mei 梅 / cashier / HASH / HASH": id, name, role, the hash
// of the PIN, and where there is one, of the badge.
func ParseOperator(text string) (o Operator, err error) {
	parts := strings.Split(text, " / ") // a hash may have a slash, and no space
	if len(parts) < 4 || len(parts) > 5 {
		return o, fmt.Errorf(`an operator is "id / name / cashier / PIN's hash" or one with a badge's hash more; till pin makes them: %w`, ErrParts)
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	o.Operator = payment.Operator{ID: parts[0], Name: parts[1], Role: payment.Role(parts[2])}
	if err := o.Check(); err != nil {
		return o, err
	}
	if o.PIN, err = pin.Parse(parts[3]); err != nil {
		return o, fmt.Errorf("operator %s: the PIN: %w", o.ID, err)
	}
	if len(parts) == 5 {
		if o.Badge, err = pin.Parse(parts[4]); err != nil {
			return o, fmt.Errorf("operator %s: the badge: %w", o.ID, err)
		}
	}
	return o, nil
}

// Check says what is wrong with an operator, but for what proves it.
func (o Operator) Check() error {
	if err := CheckOperatorID(o.ID); err != nil {
		return err
	}
	if o.Name == "" || wide(o.Name) > MaxOperator || strings.ContainsFunc(o.Name, func(r rune) bool { return r < ' ' }) {
		return fmt.Errorf("operator %s: %w", o.ID, ErrOperatorName)
	}
	if o.Role != payment.Cashier && o.Role != payment.Manager {
		return fmt.Errorf("operator %s: %.40q %w", o.ID, string(o.Role), ErrRole)
	}
	return nil
}

// String is what ParseOperator reads; of a name that has " / " in it it reads another.
func (o Operator) String() string {
	text := o.ID + " / " + o.Name + " / " + string(o.Role) + " / " + o.PIN.String()
	if !o.Badge.Zero() {
		text += " / " + o.Badge.String()
	}
	return text
}

// ParseOperators reads all of a shop's.
func ParseOperators(texts []string) ([]Operator, error) {
	if len(texts) > MaxOperators {
		return nil, fmt.Errorf("%d operators; at most %d: %w", len(texts), MaxOperators, ErrTooMany)
	}
	var all []Operator
	ids, hashes := map[string]bool{}, map[pin.Hash]string{}
	for _, text := range texts {
		o, err := ParseOperator(text)
		if err != nil {
			return nil, err
		}
		if ids[o.ID] {
			return nil, fmt.Errorf("operator %s %w", o.ID, ErrSameID)
		}
		ids[o.ID] = true
		for _, h := range []pin.Hash{o.PIN, o.Badge} {
			if other, taken := hashes[h]; taken && !h.Zero() {
				return nil, fmt.Errorf("operators %s and %s %w", other, o.ID, ErrSamePIN)
			}
			hashes[h] = o.ID
		}
		all = append(all, o)
	}
	return all, nil
}
