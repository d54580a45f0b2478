package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/crmsync/crmsync/internal/sandbox"
)

// chaosRecord is a record as it stands in an input.
type chaosRecord struct {
	sku   string
	name  *string // nil: nothing is said; "": a blank cell, or null
	price *string
	fault chaosFault
}

// chaosFault is what is wrong with a record.
type chaosFault int

const (
	chaosSound    chaosFault = iota
	chaosNoMatch             // the match value is blank
	chaosNoNumber            // refused by the program
	chaosTooLong             // refused by the program
	chaosNoDate              // refused by the program
	chaosDecimal             // refused by the server alone
	chaosUnread              // can't be read as a record
	chaosUnknown             // has more cells than columns, or an unknown key
	chaosFaults
)

func newChaosRecord(rng *rand.Rand, keys int, bad float64) chaosRecord {
	key := strconv.Itoa(rng.IntN(keys))
	r := chaosRecord{sku: oneOf(rng, "Key-"+key, "Key-"+key, "Key-"+key, "key-"+key, "KEY-"+key, " Key-"+key, "Key-"+key+"  ")}
	if chance(rng, 0.7) {
		name := oneOf(rng, "", "n", "Grüße, "+key, "two\nlines", `"quoted"; `+key+`\`, strings.Repeat("long ", 40)+"x") + strconv.Itoa(rng.IntN(1000))
		if chance(rng, 0.1) {
			name = ""
		}
		r.name = &name
	}
	if chance(rng, 0.7) {
		price := strconv.Itoa(1 + rng.IntN(1e6))
		if chance(rng, 0.1) {
			price = ""
		}
		r.price = &price
	}
	if chance(rng, bad) {
		r.spoil(chaosFault(1 + rng.IntN(int(chaosFaults)-1)))
	}
	return r
}

func (r *chaosRecord) spoil(f chaosFault) {
	r.fault = f
	set := func(s string) *string { return &s }
	switch f {
	case chaosNoMatch:
		r.sku = ""
	case chaosNoNumber:
		r.price = set("12 kg")
	case chaosTooLong:
		r.name = set(strings.Repeat("x", 300))
	case chaosDecimal:
		r.price = set("1.5")
	}
}

// chaosCSV writes records as rows.
func chaosCSV(rng *rand.Rand, records []chaosRecord) []byte {
	delimiter, end := oneOf(rng, ",", ";", "\t"), oneOf(rng, "\n", "\r\n")
	var b strings.Builder
	if chance(rng, 0.2) {
		b.WriteString("\ufeff")
	}
	b.WriteString(strings.Join([]string{"sku", "name", "price", "launched_on"}, delimiter) + end)
	quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	for _, r := range records {
		cells := []string{quoted(r.sku), "", "", ""}
		if r.name != nil && *r.name != "" {
			cells[1] = quoted(*r.name)
		}
		if r.price != nil {
			cells[2] = *r.price
		}
		switch r.fault {
		case chaosNoDate:
			cells[3] = "2025-02-30"
		case chaosUnread, chaosUnknown:
			cells = append(cells, "one", "too many")
		}
		b.WriteString(strings.Join(cells, delimiter) + end)
	}
	return []byte(b.String())
}

// chaosNDJSON writes records as lines.
func chaosNDJSON(rng *rand.Rand, records []chaosRecord) []byte {
	var b strings.Builder
	for _, r := range records {
		if r.fault == chaosUnread {
			fmt.Fprintf(&b, "{\"sku\":%q,\n", r.sku)
			continue
		}
		fmt.Fprintf(&b, `{"sku":%q`, r.sku)
		value := func(key string, v *string, form string) {
			switch {
			case v == nil:
			case *v == "":
				fmt.Fprintf(&b, `,%q:null`, key)
			default:
				fmt.Fprintf(&b, `,%q:`+form, key, *v)
			}
		}
		value("name", r.name, "%q")
		if r.fault == chaosNoNumber {
			value("price", r.price, "%q")
		} else {
			value("price", r.price, "%s")
		}
		switch r.fault {
		case chaosNoDate:
			b.WriteString(`,"launched_on":"2025-02-30"`)
		case chaosUnknown:
			b.WriteString(`,"colour":"red"`)
		}
		b.WriteString("}\n")
	}
	return []byte(b.String())
}

// chaosModel is the CRM as it must be in the end.
type chaosModel struct {
	records  []string // each as recordLine, in order of the alphabet
	rejected int64
}

// model asserts the records one after another into a map.
func (p *chaosPlan) model() chaosModel {
	var m chaosModel
	type product struct{ sku, name, price string }
	crm := make(map[string]*product)
	find := func(sku string) *product {
		if p.crm.Quirks.TrimStrings {
			sku = strings.TrimSpace(sku)
		}
		key := sku
		if p.crm.Quirks.FoldCase {
			key = strings.ToLower(sku)
		}
		if crm[key] == nil {
			crm[key] = new(product)
		}
		crm[key].sku = sku
		return crm[key]
	}
	push := func() {
		m.rejected = 0
		for _, in := range p.inputs {
			isCSV := !strings.Contains(in.name, ".ndjson")
			clears := p.blank == "null" || !isCSV
			for _, r := range in.records {
				if r.fault != chaosSound {
					m.rejected++
					continue
				}
				// In CSV a column that says nothing is a blank cell.
				set := func(at, value *string) {
					switch {
					case value != nil && *value != "":
						*at = *value
					case clears && (value != nil || isCSV):
						*at = ""
					}
				}
				is := find(r.sku)
				set(&is.name, r.name)
				set(&is.price, r.price)
			}
		}
	}
	if p.between != "" {
		push()
		for _, sku := range p.skus() {
			find(sku).price = betweenPrice
		}
	}
	push()
	for _, r := range crm {
		m.records = append(m.records, recordLine(r.sku, r.name, r.price))
	}
	slices.Sort(m.records)
	return m
}

// betweenPrice is what every sound record costs in the file that is pushed in
// between.
const betweenPrice = "7"

// skus are those of the sound records.
func (p *chaosPlan) skus() (skus []string) {
	for _, in := range p.inputs {
		for _, r := range in.records {
			if r.fault == chaosSound {
				skus = append(skus, r.sku)
			}
		}
	}
	return skus
}

func recordLine(sku, name, price string) string {
	return fmt.Sprintf("sku=%q name=%q price=%s", sku, name, price)
}

// recordLines is what the CRM really holds, as the model has it.
func recordLines(crm *sandbox.CRM) []string {
	var lines []string
	for _, r := range crm.Records("products") {
		lines = append(lines, recordLine(r.Text("sku"), r.Text("name"), r.Text("price")))
	}
	slices.Sort(lines)
	return lines
}
