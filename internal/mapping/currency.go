package mapping

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// currencyConverter takes a number, with or without a symbol or code that
// agrees with the attribute's currency. The number alone is sent: the currency
// is the attribute's.
type currencyConverter struct {
	number   numberConverter
	currency string // ISO code; "" where the schema names none
	symbols  map[string][]string
}

func newCurrencyConverter(l *locale, currency string) *currencyConverter {
	return &currencyConverter{numberConverter{l}, strings.ToUpper(currency), currencySymbols()}
}

// currencySymbols gives the currencies that a symbol stands for.
func currencySymbols() map[string][]string {
	return map[string][]string{
		"€":   {"EUR"},
		"$":   {"USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD"},
		"us$": {"USD"}, "a$": {"AUD"}, "au$": {"AUD"}, "c$": {"CAD"}, "ca$": {"CAD"}, "nz$": {"NZD"},
		"s$": {"SGD"}, "hk$": {"HKD"}, "mx$": {"MXN"}, "r$": {"BRL"}, "nt$": {"TWD"},
		"£": {"GBP", "EGP", "GIP"}, "¥": {"JPY", "CNY"}, "￥": {"JPY", "CNY"}, "円": {"JPY"}, "元": {"CNY"},
		"fr.": {"CHF"}, "sfr.": {"CHF"}, "sfr": {"CHF"}, "kr": {"SEK", "NOK", "DKK", "ISK"}, "kr.": {"DKK", "NOK", "SEK"},
		"zł": {"PLN"}, "kč": {"CZK"}, "ft": {"HUF"}, "lei": {"RON"}, "лв": {"BGN"}, "лв.": {"BGN"},
		"₹": {"INR"}, "₺": {"TRY"}, "tl": {"TRY"}, "₽": {"RUB"}, "₴": {"UAH"}, "₩": {"KRW"}, "원": {"KRW"},
		"₪": {"ILS"}, "฿": {"THB"}, "₫": {"VND"}, "₱": {"PHP"}, "₦": {"NGN"}, "r": {"ZAR"},
	}
}

func (c *currencyConverter) cell(dst []byte, cell string) ([]byte, string) {
	s := strings.TrimSpace(cell)
	if out, ok := appendNumber(dst, s, c.number.locale); ok {
		return out, ""
	}
	amount, mark := splitCurrency(s)
	if mark == "" {
		return c.number.cell(dst, cell)
	}
	if problem := c.disagrees(s, mark); problem != "" {
		return dst, show(cell) + problem
	}
	out, ok := appendNumber(dst, amount, c.number.locale)
	if !ok {
		return dst, show(cell) + " is not an amount" + numberHint(amount, c.number.locale)
	}
	return out, ""
}

func (c *currencyConverter) json(dst []byte, v jsontext.Value) ([]byte, string) {
	switch v.Kind() {
	case '0':
		return append(dst, v...), ""
	case '"':
		return c.cell(dst, jsonText(v))
	case '{':
		return c.object(dst, v)
	}
	return dst, wrongKind(v, "an amount")
}

// disagrees says what is wrong with a symbol or code, as it stands in a cell, or "".
func (c *currencyConverter) disagrees(cell, mark string) string {
	currencies, known := c.symbols[mark]
	if !known {
		currencies, known = c.symbols[foldCase(mark)]
	}
	if !known && utf8.RuneCountInString(mark) == 3 && strings.IndexFunc(mark, notLatinLetter) < 0 {
		currencies, known = []string{strings.ToUpper(mark)}, true
	}
	switch {
	case !known:
		if hint := shapeHint(cell); hint != "" {
			return " is not an amount" + hint
		}
		return " is not an amount (send the number alone, without " + show(mark) + ")"
	case c.currency == "":
		return " names a currency, but the attribute has none (send the number alone)"
	}
	for _, currency := range currencies {
		if currency == c.currency {
			return ""
		}
	}
	return " is in another currency than the attribute, which is in " + c.currency
}

func notLatinLetter(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// splitCurrency parts an amount from a symbol or code before or after it. A
// minus may stand before the symbol.
func splitCurrency(s string) (amount, mark string) {
	first := strings.IndexFunc(s, partOfAmount)
	last := strings.LastIndexFunc(s, unicode.IsDigit)
	if first < 0 || last < first {
		return s, ""
	}
	sign := ""
	before := strings.TrimSpace(s[:first])
	after := strings.TrimSpace(s[last+1:])
	rest := s[first : last+1]
	for _, minus := range []string{"-", "−"} {
		if trimmed, found := strings.CutPrefix(before, minus); found && sign == "" {
			sign, before = minus, strings.TrimSpace(trimmed)
		} else if trimmed, found := strings.CutSuffix(before, minus); found && sign == "" {
			sign, before = minus, strings.TrimSpace(trimmed)
		}
	}
	switch {
	case before == "" && after == "", before != "" && after != "":
		return s, ""
	case before != "":
		return sign + rest, before
	}
	return sign + rest, after
}

// partOfAmount tells what an amount may begin with, a minus apart.
func partOfAmount(r rune) bool { return r >= '0' && r <= '9' }
