// Money is integers of the currency's minor unit. Nothing here divides: the
// decimal point is set into the digits.

// ISO 4217 currencies whose minor unit is not a hundredth.
const MINOR_DIGITS = new Map([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"].map((c) => [c, 0]),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((c) => [c, 3]),
  ...["CLF", "UYW"].map((c) => [c, 4]),
]);

// format writes an amount: $12.34; other currencies with their code (CNY 88.00),
// since yuan and yen share a sign. amount is a number or a BigInt.
export function format(amount, currency) {
  const value = BigInt(amount);
  const digits = MINOR_DIGITS.get(currency) ?? 2;
  const all = (value < 0n ? -value : value).toString().padStart(digits + 1, "0");
  const whole = all.slice(0, all.length - digits).replace(/\B(?=(\d{3})+$)/g, ",");
  const number = digits ? `${whole}.${all.slice(-digits)}` : whole;
  const sign = value < 0n ? "−" : "";
  return currency === "USD" ? `${sign}$${number}` : `${sign}${currency}\u00a0${number}`;
}

// totals adds amounts up per currency: pairs of [amount, currency] in, a
// sentence out.
export function totals(pairs) {
  const sums = new Map();
  for (const [amount, currency] of pairs) {
    sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(amount));
  }
  return [...sums].map(([currency, sum]) => format(sum, currency)).join(" + ");
}
