package main

import (
	"fmt"
	"maps"
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
	firm  string // the domain of the company that it refers to; "" where nothing is said
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

// chaosColumns are those of a file of rows, the last one where its records refer to
// companies.
var chaosColumns = []string{"sku", "name", "price", "launched_on", "firm"}

// cells are a record's, without what is too many.
func (r *chaosRecord) cells() []string {
	cells := []string{r.sku, "", "", "", r.firm}
	if r.name != nil {
		cells[1] = *r.name
	}
	if r.price != nil {
		cells[2] = *r.price
	}
	if r.fault == chaosNoDate {
		cells[3] = "2025-02-30"
	}
	return cells
}

// chaosCSV writes records as rows, so many columns of them.
func chaosCSV(rng *rand.Rand, records []chaosRecord, columns int) (content []byte, delimiter string) {
	delimiter, end := oneOf(rng, ",", ";", "\t"), oneOf(rng, "\n", "\r\n")
	var b strings.Builder
	if chance(rng, 0.2) {
		b.WriteString("\ufeff")
	}
	b.WriteString(strings.Join(chaosColumns[:columns], delimiter) + end)
	quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	for _, r := range records {
		cells := r.cells()[:columns]
		cells[0] = quoted(cells[0])
		if cells[1] != "" {
			cells[1] = quoted(cells[1])
		}
		if r.fault == chaosUnread || r.fault == chaosUnknown {
			cells = append(cells, "one", "too many")
		}
		b.WriteString(strings.Join(cells, delimiter) + end)
	}
	return []byte(b.String()), delimiter
}

// chaosNDJSON writes records as lines.
func chaosNDJSON(records []chaosRecord) []byte {
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
		if r.firm != "" {
			value("firm", &r.firm, "%q")
		}
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
	records   []string // each as recordLine, in order of the alphabet
	companies []string // their domains, likewise
	rejected  int64
}

// model asserts the records one after another into a map.
func (p *chaosPlan) model() chaosModel {
	var m chaosModel
	type product struct{ sku, name, price, firm string }
	crm := make(map[string]*product)
	companies := make(map[string]bool)
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
	// In files of rows a column that says nothing is a blank cell.
	assert := func(r *chaosRecord, rows bool) {
		clears := p.blank == "null" || !rows
		set := func(at, value *string) {
			switch {
			case value != nil && *value != "":
				*at = *value
			case clears && (value != nil || rows):
				*at = ""
			}
		}
		is := find(r.sku)
		set(&is.name, r.name)
		set(&is.price, r.price)
		switch {
		case r.firm != "":
			set(&is.firm, &r.firm)
		case p.lookups:
			set(&is.firm, nil)
		}
	}
	push := func() {
		m.rejected = 0
		for _, in := range p.inputs {
			for _, r := range in.records {
				// What the server alone refuses has its company by then.
				if r.firm != "" && (r.fault == chaosSound || r.fault == chaosDecimal) {
					companies[r.firm] = true
				}
				if r.fault != chaosSound {
					m.rejected++
					continue
				}
				assert(&r, in.rows())
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
	if p.mended {
		for _, in := range p.inputs {
			for n, r := range in.faulty() {
				r.mend(n)
				if r.firm != "" {
					companies[r.firm] = true
				}
				assert(&r, in.rows())
			}
		}
	}
	for _, r := range crm {
		m.records = append(m.records, recordLine(r.sku, r.name, r.price, r.firm))
	}
	slices.Sort(m.records)
	m.companies = slices.Sorted(maps.Keys(companies))
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

func recordLine(sku, name, price, firm string) string {
	return fmt.Sprintf("sku=%q name=%q price=%s firm=%s", sku, name, price, firm)
}

// recordLines is what the CRM really holds, as the model has it, and the domains of
// its companies.
func recordLines(crm *sandbox.CRM) (lines, companies []string) {
	domains := map[string]string{"": ""} // by what refers to them
	for _, r := range crm.Records("companies") {
		domains[`["`+r.ID+`"]`] = r.Text("domain")
		companies = append(companies, r.Text("domain"))
	}
	for _, r := range crm.Records("products") {
		firm, ok := domains[r.Text("supplier")]
		if !ok {
			firm = "none that there is: " + r.Text("supplier")
		}
		lines = append(lines, recordLine(r.Text("sku"), r.Text("name"), r.Text("price"), firm))
	}
	slices.Sort(lines)
	slices.Sort(companies)
	return lines, companies
}
