package main

import (
	"testing"

	"github.com/crmsync/crmsync/internal/sandbox"
)

const (
	bySKU    = "products?matchingAttribute=sku"
	byDomain = "companies?matchingAttribute=domain"
	byEmail  = "people?matchingAttribute=email"

	// A valid id of no record.
	strangeID = "0b7e6a52-7a55-4b7c-9d5c-2f0b8a1c9d3e"
)

func emptyReadings() []reading {
	there := []write{{"PUT", bySKU, `{"sku":"A-1","name":"old","price":5,"tags":[{"id":"opt_new"}]}`}}
	update := func(name string, q sandbox.Quirks, input string, flags ...string) reading {
		return reading{name: name, crm: sandbox.Options{Quirks: q}, before: there, input: input, flags: flags,
			updated: 1, shows: []string{"sku", "name", "price", "tags"}}
	}
	with := func(r reading, holds string) reading {
		r.holds = []string{holds}
		return r
	}
	refused := func(r reading, reason string) reading {
		r.code, r.updated, r.rejected, r.reason = 3, 0, 1, reason
		return with(r, `A-1|old|5|[{"id":"opt_new"}]`)
	}
	null := `{"sku":"A-1","name":null,"price":null}`
	empty := `{"sku":"A-1","name":""}`
	cell := "sku,name\nA-1,\n"
	list := `{"sku":"A-1","tags":[]}`
	return []reading{
		with(update("null clears", sandbox.Quirks{}, null), `A-1|||[{"id":"opt_new"}]`),
		with(update("null leaves the value alone", sandbox.Quirks{Null: sandbox.NullKeeps}, null), `A-1|old|5|[{"id":"opt_new"}]`),
		refused(update("null is refused", sandbox.Quirks{Null: sandbox.NullRefused}, null), "^400 .*name"),
		with(update("empty text stays empty text", sandbox.Quirks{}, empty), `A-1||5|[{"id":"opt_new"}]`),
		with(update("empty text is null", sandbox.Quirks{Empty: sandbox.EmptyIsNull}, empty), `A-1||5|[{"id":"opt_new"}]`),
		refused(update("empty text is refused", sandbox.Quirks{Empty: sandbox.EmptyRefused}, empty), "^400 .*name.*empty"),
		with(update("a blank cell says nothing, whatever null and empty text do", sandbox.Quirks{Null: sandbox.NullRefused, Empty: sandbox.EmptyRefused}, cell),
			`A-1|old|5|[{"id":"opt_new"}]`),
		with(update("a blank cell clears with --blank null", sandbox.Quirks{}, cell, "--blank", "null"), `A-1||5|[{"id":"opt_new"}]`),
		refused(update("--blank null where null is refused", sandbox.Quirks{Null: sandbox.NullRefused}, cell, "--blank", "null"), "^400 .*name"),
		with(update("--blank empty where empty text is null", sandbox.Quirks{Empty: sandbox.EmptyIsNull}, cell, "--blank", "empty"), `A-1||5|[{"id":"opt_new"}]`),
		with(update("an empty list empties", sandbox.Quirks{}, list), `A-1|old|5|[]`),
		with(update("an empty list leaves the value alone", sandbox.Quirks{EmptyList: sandbox.EmptyListKeeps}, list), `A-1|old|5|[{"id":"opt_new"}]`),
	}
}

func unknownReadings() []reading {
	off := []string{"--schema", "off"}
	row := func(name string, q sandbox.Quirks, attribute string) reading {
		return reading{name: name, crm: sandbox.Options{Quirks: q}, flags: off,
			input: `{"sku":"A-1","name":"n","` + attribute + `":"x"}`, shows: []string{"sku", "name", "legacy_code"}}
	}
	taken := func(r reading, holds string) reading {
		r.created, r.holds = 1, []string{holds}
		return r
	}
	refused := func(r reading, reason string) reading {
		r.code, r.rejected, r.reason, r.holds = 3, 1, reason, []string{}
		return r
	}
	known := reading{name: "with a schema an unknown column stops the run before the first write",
		crm: sandbox.Options{Quirks: sandbox.Quirks{Unknown: sandbox.Ignore}}, input: "sku,colour\nA-1,red\n",
		code: 1, fails: "colour", holds: []string{}}
	return []reading{
		known,
		refused(row("an unknown attribute is refused", sandbox.Quirks{}, "colour"), "^400 .*colour"),
		refused(row("an unknown attribute is refused with 422", sandbox.Quirks{ValueStatus: 422}, "colour"), "^422 .*colour"),
		taken(row("an unknown attribute is ignored", sandbox.Quirks{Unknown: sandbox.Ignore}, "colour"), "A-1|n|"),
		refused(row("an archived attribute is refused", sandbox.Quirks{}, "legacy_code"), "^400 .*legacy_code"),
		taken(row("an archived attribute is ignored", sandbox.Quirks{Archived: sandbox.Ignore}, "legacy_code"), "A-1|n|"),
		taken(row("an archived attribute is written", sandbox.Quirks{Archived: sandbox.Accept}, "legacy_code"), "A-1|n|x"),
		refused(row("the system's attributes are refused", sandbox.Quirks{}, "created_at"), "^0 .*created_at.*system attribute"),
		refused(row("the system's attributes would be ignored, but are not sent", sandbox.Quirks{System: sandbox.Ignore}, "created_at"), "^0 .*created_at.*system attribute"),
	}
}

func requiredReadings() []reading {
	schema := []byte(`{"slug":"products","singularName":"Product","pluralName":"Products","attributes":[
		{"key":"sku","label":"SKU","type":"text","isUnique":true},
		{"key":"name","label":"Name","type":"text","isRequired":true},
		{"key":"price","label":"Price","type":"number"}]}`)
	row := func(name string, how sandbox.RequiredReading) reading {
		return reading{name: name, input: "sku,price\nA-1,6\nB-1,7\n", shows: []string{"sku", "name", "price"},
			crm:    sandbox.Options{Schema: schema, Quirks: sandbox.Quirks{Required: how}},
			before: []write{{"PUT", bySKU, `{"sku":"A-1","name":"old"}`}}}
	}
	never := row("a required attribute may be missing", sandbox.RequiredNever)
	never.created, never.updated, never.holds = 1, 1, []string{"A-1|old|6", "B-1||7"}
	create := row("a required attribute is demanded of new records", sandbox.RequiredOnCreate)
	create.code, create.updated, create.rejected, create.reason, create.holds = 3, 1, 1, "^400 .*name.*required", []string{"A-1|old|6"}
	always := row("a required attribute is demanded of every record", sandbox.RequiredAlways)
	always.code, always.rejected, always.reason, always.holds = 3, 2, "^400 .*name.*required", []string{"A-1|old|"}
	return []reading{never, create, always}
}

func numberReadings() []reading {
	exact := `{"sku":"A-1","price":12345678901234567890}` + "\n" + `{"sku":"A-2","price":0.10}`
	crm := func(q sandbox.Quirks) sandbox.Options { return sandbox.Options{Quirks: q} }
	shows := []string{"sku", "price"}
	return []reading{
		{name: "digits arrive as they stand", input: exact, shows: shows, created: 2, holds: []string{"A-1|12345678901234567890", "A-2|0.10"}},
		{name: "numbers become floating-point ones there", crm: crm(sandbox.Quirks{FloatNumbers: true}), input: exact, shows: shows, created: 2,
			holds: []string{"A-1|12345678901234567000", "A-2|0.1"}},
		{name: "a decimal is refused, not rounded", crm: crm(sandbox.Quirks{WholeNumbers: true}), input: "sku,price\nA-1,1.5\nA-2,2\n", shows: shows,
			code: 3, created: 1, rejected: 1, reason: "^400 .*price.*integer", holds: []string{"A-2|2"}},
		{name: "without a schema a number sent as text is refused", input: "sku,price\nA-1,29\n", flags: []string{"--schema", "off"},
			code: 3, rejected: 1, reason: "^400 .*price", holds: []string{}},
		{name: "without a schema a number sent as text is taken", crm: crm(sandbox.Quirks{NumbersAsText: true}), input: "sku,price\nA-1,29\n",
			flags: []string{"--schema", "off"}, shows: shows, created: 1, holds: []string{"A-1|29"}},
	}
}

func optionReadings() []reading {
	input := "sku,category,tags\nA-1,Books,New;Sale\n"
	shows := []string{"sku", "category", "tags"}
	return []reading{
		{name: "option ids are numbers", input: input, shows: shows, created: 1, holds: []string{`A-1|{"id":1}|[{"id":"opt_new"},{"id":"opt_sale"}]`}},
		{name: "option ids are texts", crm: sandbox.Options{Quirks: sandbox.Quirks{StringOptionIDs: true}}, input: input, shows: shows, created: 1,
			holds: []string{`A-1|{"id":"opt_1"}|[{"id":"opt_new"},{"id":"opt_sale"}]`}},
		{name: "an option's text would do as well", crm: sandbox.Options{Quirks: sandbox.Quirks{OptionsByText: true}}, input: input, shows: shows, created: 1,
			holds: []string{`A-1|{"id":1}|[{"id":"opt_new"},{"id":"opt_sale"}]`}},
		{name: "without a schema an option's text is refused", input: "sku,category\nA-1,Books\n", flags: []string{"--schema", "off"},
			code: 3, rejected: 1, reason: "^400 .*category"},
		{name: "without a schema an option's text is taken", crm: sandbox.Options{Quirks: sandbox.Quirks{OptionsByText: true}},
			input: "sku,category\nA-1,Books\n", flags: []string{"--schema", "off"}, shows: []string{"sku", "category"}, created: 1, holds: []string{`A-1|{"id":1}`}},
	}
}

func typeReadings() []reading {
	deal := func(name string, q sandbox.Quirks, input string, shows ...string) reading {
		return reading{name: name, crm: sandbox.Options{Quirks: q}, object: "deals", match: "deal_number", input: input,
			shows: append([]string{"deal_number"}, shows...)}
	}
	taken := func(r reading, holds ...string) reading {
		r.created, r.holds = int64(len(holds)), holds
		return r
	}
	partly := func(r reading, reason string, holds ...string) reading {
		r = taken(r, holds...)
		r.code, r.rejected, r.reason = 3, 1, reason
		return r
	}
	phones := "deal_number,hotline\nD-1,+4930123456\nD-2,030 123456\n"
	times := "deal_number,closes_at\nD-1,2025-06-01 10:00\n"
	berlin := []string{"--timezone", "Europe/Berlin"}
	zoned := func(r reading) reading { r.flags = berlin; return r }
	return []reading{
		taken(deal("phone numbers are taken in any form", sandbox.Quirks{}, phones, "hotline"), "D-1|+4930123456", "D-2|030 123456"),
		partly(deal("phone numbers are taken in one form", sandbox.Quirks{PhoneE164: true}, phones, "hotline"), "^400 .*hotline", "D-1|+4930123456"),
		taken(zoned(deal("times are kept as they were sent", sandbox.Quirks{}, times, "closes_at")), "D-1|2025-06-01T10:00:00+02:00"),
		taken(zoned(deal("times without an offset would be UTC, but none is sent", sandbox.Quirks{LocalDatetimes: true}, times, "closes_at")), "D-1|2025-06-01T10:00:00+02:00"),
		taken(zoned(deal("times are kept in UTC", sandbox.Quirks{DatetimesInUTC: true}, times, "closes_at")), "D-1|2025-06-01T08:00:00+00:00"),
		partly(deal("ratings have a highest one", sandbox.Quirks{RatingMax: 5}, "deal_number,priority\nD-1,5\nD-2,6\n", "priority"), "^400 .*priority", "D-1|5"),
		taken(deal("a currency takes decimals", sandbox.Quirks{WholeCurrency: true}, "deal_number,amount\nD-1,10.50\n", "amount"), "D-1|10.50"),
		taken(deal("status is written as an option's id", sandbox.Quirks{}, "deal_number,stage\nD-1,Lead\n", "stage"), `D-1|{"id":1}`),
	}
}

func answerReadings() []reading {
	input := `{"sku":"A-1","category":"Books","tags":["New"],"price":5}` + "\n" + `{"sku":"A-1","name":"n"}`
	row := func(name string, q sandbox.Quirks) reading {
		return reading{name: name, crm: sandbox.Options{Quirks: q}, input: input, created: 1, updated: 1, holds: []string{"A-1|n"}}
	}
	return []reading{
		row("options are read as objects", sandbox.Quirks{OptionsRead: sandbox.OptionWhole}),
		row("options are read as ids", sandbox.Quirks{OptionsRead: sandbox.OptionBareID}),
		row("options are read as text", sandbox.Quirks{OptionsRead: sandbox.OptionText}),
		row("relations are read as objects", sandbox.Quirks{RelationsRead: sandbox.RelationObjects}),
		row("unset attributes are left out", sandbox.Quirks{UnsetAbsent: true}),
	}
}

// relations counts the entries of an attribute of the only record.
func relations(object, key string, want int) func(*testing.T, *sandbox.CRM, quirkSummary) {
	return func(t *testing.T, crm *sandbox.CRM, _ quirkSummary) {
		records := crm.Records(object)
		if len(records) != 1 {
			t.Fatalf("%d records", len(records))
		}
		var ids []string
		if err := unmarshal(records[0].Attributes[key], &ids); err != nil || len(ids) != want {
			t.Errorf("%s is %s, want %d entries", key, records[0].Attributes[key], want)
		}
	}
}

func relationReadings() []reading {
	companies := []write{{"PUT", byDomain, `{"domain":"acme.com"}`}}
	row := func(name string, q sandbox.Quirks, input string, entries int) reading {
		return reading{name: name, crm: sandbox.Options{Quirks: q}, before: companies, input: input, check: relations("products", "supplier", entries)}
	}
	twice := row("a relation is replaced", sandbox.Quirks{}, `{"sku":"A-1","supplier":["ID"]}`+"\n"+`{"sku":"A-1","supplier":[]}`, 0)
	twice.created, twice.updated = 1, 1
	merged := row("a relation is added to", sandbox.Quirks{MergeRelations: true}, `{"sku":"A-1","supplier":["ID"]}`+"\n"+`{"sku":"A-1","supplier":["ID"]}`, 1)
	merged.created, merged.updated = 1, 1
	dropped := row("the id of no record is dropped", sandbox.Quirks{DropUnknownIDs: true}, `{"sku":"A-1","supplier":["`+strangeID+`"]}`, 0)
	dropped.created = 1
	refused := row("the id of no record is refused", sandbox.Quirks{}, `{"sku":"A-1","supplier":["`+strangeID+`"]}`, 0)
	refused.code, refused.rejected, refused.reason, refused.check, refused.holds = 3, 1, "^400 .*supplier.*"+strangeID, nil, []string{}
	// The schema says that there is one. A CRM that keeps the first drops the others
	// in silence, so none gets several.
	several := func(name string, how sandbox.ManyToOneReading) reading {
		r := row(name, sandbox.Quirks{ManyToOne: how}, `{"sku":"A-1","supplier":["ID","`+strangeID+`"]}`, 0)
		r.code, r.rejected, r.reason, r.check, r.holds = 3, 1, "^0 .*supplier.*one record alone", nil, []string{}
		return r
	}
	return []reading{twice, merged, dropped, refused,
		several("several ids for one are kept", sandbox.ManyToOneAccepts),
		several("several ids for one are refused", sandbox.ManyToOneRefuses),
		several("of several ids for one the first is kept", sandbox.ManyToOneFirst)}
}

func userReadings() []reading {
	gone := "deal_number,owner\nD-1,D5W9J1GYS7A4E26\n"
	return []reading{
		{name: "a member who has left may be named", object: "deals", match: "deal_number", input: gone, created: 1,
			shows: []string{"deal_number", "owner"}, holds: []string{`D-1|["D5W9J1GYS7A4E26"]`}},
		{name: "a member who has left is refused", object: "deals", match: "deal_number", input: gone, holds: []string{},
			crm: sandbox.Options{Quirks: sandbox.Quirks{RefuseInactive: true}}, code: 3, rejected: 1, reason: "^400 .*owner"},
	}
}

func peopleReadings() []reading {
	ada := []write{{"PUT", byEmail, `{"firstName":"Ada","emails":["ada@x.de","second@x.de"],"socials":{"linkedin":"in/ada"}}`}}
	row := func(name string, q sandbox.Quirks, input string, shows ...string) reading {
		return reading{name: name, crm: sandbox.Options{Quirks: q}, object: "people", match: "email", input: input, shows: shows}
	}
	flat := row("custom attributes stand beside the others", sandbox.Quirks{}, "email,first_name,newsletter\nada@x.de,Ada,yes\n", "first_name", "newsletter")
	flat.created, flat.holds = 1, []string{"Ada|true"}
	nested := flat
	nested.name, nested.crm.Quirks.NestedCustom = "custom attributes stand in customAttributes, and the mapping file says so", true
	nested.mapping = "object: people\nmatch: email\ncustom_attributes: nested\n"
	strange := flat
	strange.name, strange.crm.Quirks.NestedCustom = "custom attributes stand in customAttributes, and nobody says so", true
	strange.code, strange.created, strange.rejected, strange.reason, strange.holds = 3, 0, 1, "^400 .*newsletter", []string{}

	update := func(name string, q sandbox.Quirks, input, holds string) reading {
		r := row(name, q, input, "first_name", "emails", "socials")
		r.before, r.updated, r.holds = ada, 1, []string{holds}
		return r
	}
	one := `{"emails":["ada@x.de"],"firstName":"A."}`
	both := `A.|["ada@x.de","second@x.de"]|{"linkedin":"in/ada"}`
	clash := row("an address of somebody else is refused", sandbox.Quirks{}, `{"emails":["new@x.de","second@x.de"],"firstName":"Bob"}`, "first_name")
	clash.before, clash.code, clash.rejected, clash.reason, clash.holds = ada, 3, 1, "^400 .*emails", []string{"Ada"}
	shared := row("an address may belong to several people", sandbox.Quirks{SharedEmails: true}, `{"emails":["new@x.de","second@x.de"],"firstName":"Bob"}`, "first_name")
	shared.before, shared.created, shared.holds = ada, 1, []string{"Ada", "Bob"}
	nameless := row("a person who is known needs no name", sandbox.Quirks{NamelessUpdates: true}, "email,job_title\nada@x.de,CTO\n", "first_name", "job_title")
	nameless.before, nameless.updated, nameless.holds = ada, 1, []string{"Ada|CTO"}
	named := row("everybody needs a name", sandbox.Quirks{}, "email,job_title\nada@x.de,CTO\n", "first_name", "job_title")
	named.before, named.code, named.rejected, named.reason, named.holds = ada, 3, 1, "^400 .*firstName", []string{"Ada|"}
	lanes := row("people with an address in common are sent one after another", sandbox.Quirks{MatchEveryEmail: true},
		`{"emails":["a@x.de","b@x.de"],"firstName":"1"}`+"\n"+`{"emails":["B@x.de"],"firstName":"2"}`+"\n"+`{"emails":["c@x.de","b@x.de"],"firstName":"3"}`, "first_name")
	lanes.crm.AssertPause, lanes.crm.Quirks.FoldCase = 20e6, true
	lanes.created, lanes.updated, lanes.holds = 1, 2, []string{"3"}
	return []reading{flat, nested, strange,
		update("emails replace the list", sandbox.Quirks{}, one, `A.|["ada@x.de"]|{"linkedin":"in/ada"}`),
		update("emails are added to the list", sandbox.Quirks{MergeEmails: true}, one, both),
		update("the second address finds the person too", sandbox.Quirks{MergeEmails: true}, `{"emails":["second@x.de"],"firstName":"A."}`, both),
		update("every address sent is looked up", sandbox.Quirks{MatchEveryEmail: true, MergeEmails: true},
			`{"emails":["new@x.de","second@x.de"],"firstName":"A."}`, `A.|["ada@x.de","second@x.de","new@x.de"]|{"linkedin":"in/ada"}`),
		update("socials are changed one by one", sandbox.Quirks{MergeEmails: true}, `{"emails":["ada@x.de"],"firstName":"A.","socials":{"twitter":"@ada"}}`,
			`A.|["ada@x.de","second@x.de"]|{"linkedin":"in/ada","twitter":"@ada"}`),
		update("socials are changed one by one, each from a column", sandbox.Quirks{MergeEmails: true}, "email,first_name,socials.twitter\nada@x.de,A.,@ada\n",
			`A.|["ada@x.de","second@x.de"]|{"linkedin":"in/ada","twitter":"@ada"}`),
		update("socials are replaced", sandbox.Quirks{MergeEmails: true, ReplaceSocials: true}, `{"emails":["ada@x.de"],"firstName":"A.","socials":{"twitter":"@ada"}}`,
			`A.|["ada@x.de","second@x.de"]|{"twitter":"@ada"}`),
		clash, shared, nameless, named, lanes,
	}
}

func companyReadings() []reading {
	company := func(name string, q sandbox.Quirks, input string) reading {
		return reading{name: name, crm: sandbox.Options{Quirks: q}, object: "companies", match: "domain", input: input, shows: []string{"domain", "name"}}
	}
	plain := company("a bare domain is the same to everybody", sandbox.Quirks{DomainHosts: true}, "domain,name\nacme.com,first\nacme.com,second\n")
	plain.created, plain.updated, plain.holds = 1, 1, []string{"acme.com|second"}
	address := company("an address is no domain, whatever the CRM takes", sandbox.Quirks{DomainHosts: true}, "domain,name\nhttps://www.Acme.com/,n\n")
	address.code, address.rejected, address.reason, address.holds = 3, 1, "^0 .*acme.com", []string{}
	trimmed := company("an address is made a domain where the mapping file says so", sandbox.Quirks{}, "domain,name\nhttps://www.Acme.com/,first\nacme.com,second\n")
	trimmed.mapping = "object: companies\nmatch: domain\ncolumns:\n  domain: {to: domain, trim: domain}\n"
	trimmed.created, trimmed.updated, trimmed.holds = 1, 1, []string{"acme.com|second"}
	other := company("another attribute stops the run before the first write", sandbox.Quirks{}, "vat_id,name\nDE1,n\n")
	other.match, other.code, other.fails, other.holds = "vat_id", 2, "vat_id.*domain", []string{}
	return append([]reading{plain, address, trimmed, other}, companyAnswers()...)
}
