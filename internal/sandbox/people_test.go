package sandbox

import (
	"strings"
	"testing"
)

const byEmail = "/crm/people?matchingAttribute=email"

// The subtests are statements of the API page on people and companies.
func TestTheAPIPageOnPeopleAndCompanies(t *testing.T) {
	page := func(statement string, check func(t tester)) {
		t.Run(statement, func(t *testing.T) { check(newTester(t, Options{})) })
	}
	page("standard fields are camelCase in body and answer", func(t tester) {
		a := t.want(201, "PUT", byEmail, `{"firstName":"Ada","lastName":"L","emails":["ada@x.de"],"jobTitle":"CTO","phoneNumber":"+49301","socials":{"linkedin":"in/ada"}}`)
		t.equal(a, "person.firstName", `"Ada"`)
		t.equal(a, "person.jobTitle", `"CTO"`)
		t.equal(a, "person.emails", `["ada@x.de"]`)
		t.equal(a, "person.avatarUrl", `null`)
		t.equal(a, "person.socials", `{"facebook":null,"instagram":null,"linkedin":"in/ada","twitter":null}`)
		if strings.Contains(a.text, "objectSlug") || strings.Contains(a.text, `"attributes"`) {
			t.Errorf("a person's answer has neither objectSlug nor attributes: %s", a.text)
		}
		t.want(400, "PUT", byEmail, `{"firstName":"Ada","emails":["b@x.de"],"job_title":"CTO"}`)
	})
	page("one of firstName and lastName is required", func(t tester) {
		t.says(t.want(400, "PUT", byEmail, `{"emails":["ada@x.de"]}`), "firstName")
		t.want(201, "PUT", byEmail, `{"emails":["ada@x.de"],"lastName":"L"}`)
		t.want(400, "PUT", byEmail, `{"emails":["ada@x.de"],"jobTitle":"CTO"}`)
	})
	page("email and emails look at the primary and all secondary addresses", func(t tester) {
		t.want(201, "PUT", byEmail, `{"firstName":"Ada","emails":["ada@x.de","second@x.de"]}`)
		a := t.want(200, "PUT", "/crm/people?matchingAttribute=emails", `{"firstName":"Ada","emails":["second@x.de"]}`)
		t.equal(a, "person.emails", `["second@x.de"]`)
		t.want(201, "PUT", byEmail, `{"firstName":"Bob","emails":["ada@x.de"]}`)
	})
	page("any other attribute matches by exact equality, with the value in its body field", func(t tester) {
		byPhone := "/crm/people?matchingAttribute=phone_number"
		t.want(201, "PUT", byPhone, `{"firstName":"Ada","phoneNumber":"+49 30 1"}`)
		t.want(200, "PUT", byPhone, `{"firstName":"Ada","phoneNumber":"+49 30 1"}`)
		t.want(201, "PUT", byPhone, `{"firstName":"Ada","phoneNumber":"+49301"}`)
		t.want(400, "PUT", byPhone, `{"firstName":"Ada","phone_number":"+49301"}`)
		t.want(201, "PUT", "/crm/people?matchingAttribute=customer_number", `{"firstName":"Ada","customer_number":"C1"}`)
	})
	page("an address that belongs to another person is a clash", func(t tester) {
		t.want(201, "PUT", byEmail, `{"firstName":"Ada","emails":["ada@x.de"]}`)
		t.want(400, "PUT", byEmail, `{"firstName":"Bob","emails":["bob@x.de","ada@x.de"]}`)
	})
	page("no address, an empty one and what is none are refused", func(t tester) {
		for _, emails := range []string{`[]`, `null`, `[""]`, `"ada@x.de"`, `["ada"]`, `[5]`} {
			t.want(400, "PUT", byEmail, `{"firstName":"Ada","emails":`+emails+`}`)
		}
	})
	page("companyId becomes a company object in the answer", func(t tester) {
		id := t.want(201, "PUT", "/crm/companies?matchingAttribute=domain", `{"domain":"acme.com","name":"Acme"}`).at("company.id").(string)
		a := t.want(201, "PUT", byEmail, `{"firstName":"Ada","emails":["ada@x.de"],"companyId":"`+id+`"}`)
		t.equal(a, "person.company", `{"domain":"acme.com","id":"`+id+`","name":"Acme"}`)
		t.want(400, "PUT", byEmail, `{"firstName":"Ada","emails":["ada@x.de"],"companyId":"acme.com"}`)
	})
	page("custom attributes stand beside the others and come back in customAttributes", func(t tester) {
		a := t.want(201, "PUT", byEmail, `{"firstName":"Ada","emails":["ada@x.de"],"newsletter":true,"segment":{"id":"opt_private"}}`)
		t.equal(a, "person.customAttributes", `{"customer_number":null,"newsletter":true,"segment":{"id":"opt_private"}}`)
		t.want(400, "PUT", byEmail, `{"firstName":"Ada","emails":["ada@x.de"],"customAttributes":{"newsletter":true}}`)
	})
	page("socials that are left out stay", func(t tester) {
		t.want(201, "PUT", byEmail, `{"firstName":"Ada","emails":["ada@x.de"],"socials":{"linkedin":"in/ada"}}`)
		a := t.want(200, "PUT", byEmail, `{"firstName":"Ada","emails":["ada@x.de"],"socials":{"twitter":"@ada"}}`)
		t.equal(a, "person.socials.linkedin", `"in/ada"`)
		t.equal(a, "person.socials.twitter", `"@ada"`)
		t.want(400, "PUT", byEmail, `{"firstName":"Ada","emails":["ada@x.de"],"socials":{"myspace":"ada"}}`)
	})
	page("companies match by domain and by nothing else", func(t tester) {
		t.want(201, "PUT", "/crm/companies?matchingAttribute=domain", `{"domain":"acme.com","name":"Acme","employees":5}`)
		a := t.want(200, "PUT", "/crm/companies?matchingAttribute=domain", `{"domain":"acme.com","name":"ACME"}`)
		t.equal(a, "company.name", `"ACME"`)
		t.equal(a, "company.customAttributes.employees", `5`)
		t.want(400, "PUT", "/crm/companies?matchingAttribute=name", `{"name":"ACME","domain":"acme.com"}`)
	})
	page("a company without a domain can't be asserted, but created", func(t tester) {
		t.want(400, "PUT", "/crm/companies?matchingAttribute=domain", `{"name":"ACME"}`)
		t.want(201, "POST", "/crm/companies", `{"name":"ACME"}`)
		t.want(201, "POST", "/crm/companies", `{"name":"ACME"}`)
	})
}
