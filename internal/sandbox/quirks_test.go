package sandbox

import (
	"compress/gzip"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// exchange is a request and what its answer must be.
type exchange struct {
	request string // "METHOD path body", or a body alone: an assert of a product by sku
	status  int
	holds   string // a part of the answer's text
}

func TestQuirks(t *testing.T) {
	person := "PUT " + byEmail + " "
	deal := "PUT /crm/deals?matchingAttribute=deal_number "
	nobody := `"c1d2e3f4-a5b6-4890-8def-123456789012"`
	tests := []struct {
		name   string
		quirks Quirks
		steps  []exchange
	}{
		{"strings are trimmed", Quirks{TrimStrings: true}, []exchange{
			{`{"sku":" A1 ","name":"\t Dress\u00a0"}`, 201, `"sku":"A1","name":"Dress"`}, {`{"sku":"A1"}`, 200, ""}, {`{"sku":"  "}`, 400, "sku"}}},
		{"case is folded", Quirks{FoldCase: true}, []exchange{
			{`{"sku":"aä1"}`, 201, ""}, {`{"sku":"AÄ1"}`, 200, `"AÄ1"`}, {`{"sku":"B1","ean":"x"}`, 201, ""}, {`{"sku":"B2","ean":"X"}`, 400, "ean"}}},
		{"accents are folded", Quirks{FoldAccents: true}, []exchange{{`{"sku":"Müller"}`, 201, ""}, {`{"sku":"Muller"}`, 200, ""}, {`{"sku":"muller"}`, 201, ""}}},
		{"numbers compare as text", Quirks{NumbersByText: true}, []exchange{
			{"PUT /crm/products?matchingAttribute=price " + `{"price":29}`, 201, ""}, {"PUT /crm/products?matchingAttribute=price " + `{"price":29.0}`, 201, ""}}},
		{"phone numbers compare by digits", Quirks{PhoneDigits: true}, []exchange{
			{"PUT /crm/deals?matchingAttribute=hotline " + `{"hotline":"+49 30-1"}`, 201, ""}, {"PUT /crm/deals?matchingAttribute=hotline " + `{"hotline":"49301"}`, 200, ""}}},
		{"companies are shown as other records are", Quirks{PlainCompanies: true}, []exchange{
			{"PUT /crm/companies?matchingAttribute=domain " + `{"domain":"acme.com"}`, 201, `"record":{"id":"`}, {"GET /crm/companies", 200, `"attributes":{"name":null,"domain":"acme.com","vat_id":null,`}}},
		{"domains compare by host", Quirks{DomainHosts: true}, []exchange{
			{"PUT /crm/companies?matchingAttribute=domain " + `{"domain":"https://www.Acme.com/x"}`, 201, ""}, {"PUT /crm/companies?matchingAttribute=domain " + `{"domain":"acme.com"}`, 200, ""}}},
		{"a bad matching attribute has its own status", Quirks{BadMatch: 422}, []exchange{{"PUT /crm/products?matchingAttribute=x " + `{"x":"1"}`, 422, ""}}},
		{"records match by id", Quirks{MatchByID: true, System: Ignore}, []exchange{
			{"PUT /crm/products?matchingAttribute=id " + `{"id":` + nobody + `}`, 400, "no record"}, {"PUT /crm/products?matchingAttribute=id " + `{"sku":"A"}`, 400, "id"}}},
		{"the newest of several is used", Quirks{NewestFirst: true}, []exchange{
			{"POST /crm/products " + `{"sku":"A1","name":"Twin"}`, 201, ""}, {"POST /crm/products " + `{"sku":"A2","name":"Twin"}`, 201, ""},
			{"PUT /crm/products?matchingAttribute=name " + `{"name":"Twin"}`, 200, `"A2"`}}},
		{"null keeps", Quirks{Null: NullKeeps}, []exchange{{`{"sku":"A1","price":1}`, 201, ""}, {`{"sku":"A1","price":null}`, 200, `"price":1`}}},
		{"null is refused", Quirks{Null: NullRefused}, []exchange{{`{"sku":"A1","price":null}`, 400, "null"}}},
		{"an empty text is null", Quirks{Empty: EmptyIsNull}, []exchange{
			{`{"sku":"A1","name":"x","price":1}`, 201, ""}, {`{"sku":"A1","name":"","price":""}`, 200, `"name":null,"description":null,"price":null`}}},
		{"an empty text is refused", Quirks{Empty: EmptyRefused}, []exchange{{`{"sku":"A1","name":""}`, 400, "empty"}}},
		{"an empty list keeps", Quirks{EmptyList: EmptyListKeeps}, []exchange{{`{"sku":"A1","tags":[{"id":"opt_new"}]}`, 201, ""}, {`{"sku":"A1","tags":[]}`, 200, `"tags":[{"id":"opt_new"}]`}}},
		{"unknown attributes are ignored", Quirks{Unknown: Ignore}, []exchange{{`{"sku":"A1","colour":"red"}`, 201, ""}}},
		{"archived attributes are ignored", Quirks{Archived: Ignore}, []exchange{{`{"sku":"A1","legacy_code":"x"}`, 201, `"legacy_code":null`}}},
		{"archived attributes are taken", Quirks{Archived: Accept}, []exchange{{`{"sku":"A1","legacy_code":"x"}`, 201, `"legacy_code":"x"`}}},
		{"system attributes are ignored", Quirks{System: Ignore}, []exchange{{`{"sku":"A1","id":"x"}`, 201, ""}}},
		{"required attributes must be there on create", Quirks{Required: RequiredOnCreate}, []exchange{
			{"POST /crm/products " + `{"name":"x"}`, 400, "required"}, {"POST /crm/products " + `{"sku":"A","name":"x"}`, 201, ""}, {"PUT /crm/products?matchingAttribute=name " + `{"name":"x"}`, 200, ""}}},
		{"required attributes must always be there", Quirks{Required: RequiredAlways}, []exchange{
			{`{"sku":"A1","name":"x"}`, 201, ""}, {"PUT /crm/products?matchingAttribute=name " + `{"name":"x"}`, 400, "required"}}},
		{"decimals are refused", Quirks{WholeNumbers: true}, []exchange{{`{"sku":"A1","price":1.5}`, 400, "integer"}, {`{"sku":"A1","price":15}`, 201, ""}}},
		{"numbers are taken as text", Quirks{NumbersAsText: true}, []exchange{
			{`{"sku":"A1","price":"1.5"}`, 201, `"price":1.5`}, {`{"sku":"A1","price":"1,5"}`, 400, "number"}, {`{"sku":"A1","price":"true"}`, 400, "number"}}},
		{"numbers are floats", Quirks{FloatNumbers: true}, []exchange{{`{"sku":"A1","price":12345678901234567890}`, 201, `"price":12345678901234567000`}, {`{"sku":"A1","price":0.10}`, 200, `"price":0.1,`}}},
		{"option ids are texts", Quirks{StringOptionIDs: true}, []exchange{
			{"GET /crm/objects/products", 200, `"id":"opt_1"`}, {`{"sku":"A1","category":{"id":"opt_1"}}`, 201, ""}, {`{"sku":"A1","category":{"id":1}}`, 400, "options"}}},
		{"options are taken by text", Quirks{OptionsByText: true}, []exchange{
			{`{"sku":"A1","category":"Books","tags":["New"]}`, 201, `"category":{"id":1},"tags":[{"id":"opt_new"}]`}, {`{"sku":"A1","category":"Nope"}`, 400, "options"}}},
		{"phone numbers must be E.164", Quirks{PhoneE164: true}, []exchange{{deal + `{"deal_number":"1","hotline":"+49 30 1"}`, 400, "phone"}, {deal + `{"deal_number":"1","hotline":"+4930123456"}`, 201, ""}}},
		{"datetimes need no offset", Quirks{LocalDatetimes: true}, []exchange{{deal + `{"deal_number":"1","closes_at":"2025-06-01T10:00:00"}`, 201, ""}}},
		{"datetimes are kept in UTC", Quirks{DatetimesInUTC: true}, []exchange{{deal + `{"deal_number":"1","closes_at":"2025-06-01T10:00:00+02:00"}`, 201, `"2025-06-01T08:00:00+00:00"`}}},
		{"ratings have a range", Quirks{RatingMax: 5}, []exchange{
			{deal + `{"deal_number":"1","priority":6}`, 400, "0 to 5"}, {deal + `{"deal_number":"1","priority":2.5}`, 400, "0 to 5"}, {deal + `{"deal_number":"1","priority":5}`, 201, ""}}},
		{"options are read as objects", Quirks{OptionsRead: OptionWhole}, []exchange{{`{"sku":"A1","category":{"id":3},"tags":[{"id":"opt_new"}]}`, 201, `"category":{"id":3,"value":"Home & Living","color":"success"},"tags":[{"id":"opt_new","value":"New","color":"success"}]`}}},
		{"options are read as ids", Quirks{OptionsRead: OptionBareID}, []exchange{{`{"sku":"A1","category":{"id":3},"tags":[{"id":"opt_new"}]}`, 201, `"category":3,"tags":["opt_new"]`}}},
		{"options are read as text", Quirks{OptionsRead: OptionText}, []exchange{{`{"sku":"A1","category":{"id":3}}`, 201, `"category":"Home & Living"`}}},
		{"users are read as objects", Quirks{RelationsRead: RelationObjects}, []exchange{{deal + `{"deal_number":"1","owner":["QK566D4X49E8X78"]}`, 201, `"owner":[{"id":"QK566D4X49E8X78"}]`}}},
		{"unset attributes are left out", Quirks{UnsetAbsent: true}, []exchange{{`{"sku":"A1"}`, 201, `"attributes":{"sku":"A1"}`}, {person + `{"firstName":"Ada","emails":["a@x.de"]}`, 201, `"emails":["a@x.de"],"customAttributes":{}`}}},
		{"unknown ids are dropped", Quirks{DropUnknownIDs: true}, []exchange{{`{"sku":"A1","supplier":[` + nobody + `]}`, 201, `"supplier":[]`}, {`{"sku":"A1","supplier":["x"]}`, 400, "UUID"}}},
		{"inactive members are refused", Quirks{RefuseInactive: true}, []exchange{{deal + `{"deal_number":"1","owner":["D5W9J1GYS7A4E26"]}`, 400, "active"}}},
		{"custom attributes are nested", Quirks{NestedCustom: true}, []exchange{
			{person + `{"firstName":"Ada","emails":["a@x.de"],"customAttributes":{"newsletter":true}}`, 201, `"newsletter":true`},
			{person + `{"firstName":"Ada","emails":["a@x.de"],"newsletter":true}`, 400, "newsletter"},
			{person + `{"firstName":"Ada","emails":["a@x.de"],"customAttributes":{"jobTitle":"x"}}`, 400, "jobTitle"},
			{"PUT /crm/people?matchingAttribute=customer_number " + `{"firstName":"Ada","customAttributes":{"customer_number":"C1"}}`, 201, ""},
			{"PUT /crm/people?matchingAttribute=customer_number " + `{"firstName":"Ada","customAttributes":{"customer_number":"C1"}}`, 200, ""}}},
		{"emails merge", Quirks{MergeEmails: true}, []exchange{{person + `{"firstName":"Ada","emails":["a@x.de"]}`, 201, ""}, {person + `{"firstName":"Ada","emails":["a@x.de","b@x.de"]}`, 200, `["a@x.de","b@x.de"]`}, {person + `{"firstName":"Ada","emails":["b@x.de"]}`, 200, `["a@x.de","b@x.de"]`}}},
		{"every address is looked up", Quirks{MatchEveryEmail: true}, []exchange{{person + `{"firstName":"Ada","emails":["a@x.de"]}`, 201, ""}, {person + `{"firstName":"Ada","emails":["new@x.de","a@x.de"]}`, 200, ""}}},
		{"addresses are shared", Quirks{SharedEmails: true}, []exchange{{person + `{"firstName":"Ada","emails":["a@x.de"]}`, 201, ""}, {person + `{"firstName":"Bob","emails":["b@x.de","a@x.de"]}`, 201, ""}, {person + `{"firstName":"Eve","emails":["a@x.de"]}`, 200, ""}}},
		{"socials are replaced", Quirks{ReplaceSocials: true}, []exchange{{person + `{"firstName":"Ada","emails":["a@x.de"],"socials":{"linkedin":"x"}}`, 201, ""}, {person + `{"firstName":"Ada","emails":["a@x.de"],"socials":{"twitter":"y"}}`, 200, `"linkedin":null`}}},
		{"updates need no name", Quirks{NamelessUpdates: true}, []exchange{{person + `{"emails":["a@x.de"]}`, 400, "firstName"}, {person + `{"lastName":"L","emails":["a@x.de"]}`, 201, ""}, {person + `{"emails":["a@x.de"]}`, 200, ""}}},
		{"slugs have no case", Quirks{CaselessSlugs: true}, []exchange{{"PUT /crm/Products?matchingAttribute=sku " + `{"sku":"A1"}`, 201, ""}}},
		{"slugs have case", Quirks{}, []exchange{{"PUT /crm/Products?matchingAttribute=sku " + `{"sku":"A1"}`, 404, ""}}},
		{"the plan has no CRM", Quirks{PlanWithoutCRM: true}, []exchange{{`{"sku":"A1"}`, 403, "plan"}, {"GET /crm/objects", 403, "plan"}, {"GET /organizations/users", 200, ""}}},
		{"lists are records", Quirks{ListEnvelope: EnvelopeRecords}, []exchange{{`{"sku":"A1"}`, 201, ""}, {"GET /crm/products", 200, `"records":[{"id":`}}},
		{"lists are data", Quirks{ListEnvelope: EnvelopeData}, []exchange{{`{"sku":"A1"}`, 201, ""}, {"GET /crm/products", 200, `"meta":{"current_page":1,"last_page":1,`}}},
		{"there are no lists", Quirks{ListEnvelope: EnvelopeNone}, []exchange{{"GET /crm/products", 404, ""}}},
		{"lists ignore count", Quirks{ListIgnoresCount: true}, []exchange{{"GET /crm/products?count=100", 200, `"count":20`}}},
		{"errors are texts", Quirks{Errors: ErrorText}, []exchange{{`{"sku":""}`, 400, `{"error":"The matching`}, {"GET /crm/objects/x", 404, `{"error":`}}},
		{"errors are HTML", Quirks{Errors: ErrorHTML}, []exchange{{`{"sku":"A1","<b>":1}`, 400, `&lt;b&gt;`}}},
		{"errors are empty", Quirks{Errors: ErrorEmpty}, []exchange{{`{"sku":""}`, 400, ""}}},
		{"values are refused with 409", Quirks{ValueStatus: 409}, []exchange{{`{"sku":"A1","price":"x"}`, 409, "number"}}},
		{"values are refused with 422 and lists", Quirks{ValueStatus: 422}, []exchange{{`{"sku":"A1","price":"x","nope":1}`, 422, `"errors":{"price":["The value of \"price\" must be a number."],"nope":["There is no attribute \"nope\"."]}`}}},
		{"values are refused with 422 and texts", Quirks{ValueStatus: 422, Fields: FieldTexts}, []exchange{{`{"sku":"A1","price":"x"}`, 422, `"errors":{"price":"The value`}}},
		{"values are refused with 422 and nested lists", Quirks{ValueStatus: 422, Fields: FieldNested}, []exchange{{`{"sku":"A1","price":"x"}`, 422, `"errors":{"price":{"value":["The value`}}},
		{"values are refused with 422 and no fields", Quirks{ValueStatus: 422, Fields: FieldNone}, []exchange{{`{"sku":"A1","price":"x"}`, 422, `"status":422}`}}},
		{"values are refused with 200", Quirks{ValueStatus: 200}, []exchange{{`{"sku":"A1","price":"x"}`, 200, `"success":false`}}},
		{"clashes are 409", Quirks{ClashStatus: 409}, []exchange{{`{"sku":"A1","ean":"1"}`, 201, ""}, {`{"sku":"A2","ean":"1"}`, 409, "ean"}}},
		{"everything is redirected", Quirks{Redirect: "https://elsewhere.test/"}, []exchange{{`{"sku":"A1"}`, 302, ""}}},
		{"large bodies get 413", Quirks{MaxBody: 40}, []exchange{{`{"sku":"A1","name":"` + strings.Repeat("x", 40) + `"}`, 413, ""}, {`{"sku":"A1"}`, 201, ""}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(tt *testing.T) {
			t := newTester(tt, Options{Quirks: test.quirks})
			for _, step := range test.steps {
				method, path, body := "PUT", "/crm/products?matchingAttribute=sku", step.request
				if !strings.HasPrefix(body, "{") {
					parts := append(strings.SplitN(body, " ", 3), "", "")
					method, path, body = parts[0], parts[1], parts[2]
				}
				a := t.want(step.status, method, path, body)
				if !strings.Contains(a.text, step.holds) {
					t.Errorf("%s: the answer lacks %s: %s", step.request, step.holds, a.text)
				}
				if a.status >= 400 && t.crm.Stats().Rejected+t.crm.Stats().NotFound+t.crm.Stats().Forbidden == 0 {
					t.Errorf("%s: the refusal isn't counted", step.request)
				}
			}
		})
	}
}

func TestQuirksOfRelations(t *testing.T) {
	for name, test := range map[string]struct {
		quirks Quirks
		status int
		want   []int // places of the companies that the second assert leaves
	}{
		"a relation is replaced":              {Quirks{}, 200, []int{1}},
		"a relation is merged":                {Quirks{MergeRelations: true}, 200, []int{0, 1}},
		"many_to_one takes one id of several": {Quirks{ManyToOne: ManyToOneFirst}, 200, []int{1}},
	} {
		t.Run(name, func(tt *testing.T) {
			t := newTester(tt, Options{Quirks: test.quirks})
			ids := t.companies()
			t.assert(201, `{"sku":"A1","supplier":["`+ids[0]+`"]}`)
			second := `["` + ids[1] + `"]`
			if test.quirks.ManyToOne != "" {
				second = `["` + ids[1] + `","` + ids[0] + `"]`
			}
			a := t.assert(test.status, `{"sku":"A1","supplier":`+second+`}`)
			want := make([]string, len(test.want))
			for i, place := range test.want {
				want[i] = ids[place]
			}
			text, _ := json.Marshal(want)
			t.equal(a, "record.attributes.supplier", string(text))
		})
	}
	t.Run("many_to_one refuses several ids", func(tt *testing.T) {
		t := newTester(tt, Options{Quirks: Quirks{ManyToOne: ManyToOneRefuses}})
		ids := t.companies()
		t.assert(400, `{"sku":"A1","supplier":["`+ids[0]+`","`+ids[1]+`"]}`)
	})
	t.Run("a record is matched by its id", func(tt *testing.T) {
		t := newTester(tt, Options{Quirks: Quirks{MatchByID: true, System: Ignore}})
		id := t.assert(201, `{"sku":"A1"}`).at("record.id").(string)
		t.want(200, "PUT", "/crm/products?matchingAttribute=id", `{"id":"`+id+`","sku":"A2"}`)
		if t.crm.Records("products")[0].Text("sku") != "A2" {
			t.Error("the record wasn't updated")
		}
	})
	t.Run("currency has no decimals where the attribute says so", func(tt *testing.T) {
		schema := []byte(`{"slug":"bills","attributes":[{"key":"no","type":"text"},{"key":"sum","type":"currency","currency":"JPY","currencyDecimal":false}]}`)
		t := newTester(tt, Options{Schema: schema, Quirks: Quirks{WholeCurrency: true}})
		t.want(400, "PUT", "/crm/bills?matchingAttribute=no", `{"no":"1","sum":1.5}`)
		t.want(201, "PUT", "/crm/bills?matchingAttribute=no", `{"no":"1","sum":15}`)
		t = newTester(tt, Options{Schema: schema})
		t.want(201, "PUT", "/crm/bills?matchingAttribute=no", `{"no":"1","sum":1.5}`)
	})
	t.Run("ids of an object that isn't here are taken", func(tt *testing.T) {
		schema := []byte(`{"slug":"cars","attributes":[{"key":"vin","type":"text"},{"key":"garage","type":"relation","relatedObjectSlug":"garages"}]}`)
		t := newTester(tt, Options{Schema: schema, NoSample: true})
		t.want(201, "PUT", "/crm/cars?matchingAttribute=vin", `{"vin":"1","garage":["c1d2e3f4-a5b6-4890-8def-123456789012"]}`)
	})
	t.Run("an inactive object takes no records", func(tt *testing.T) {
		schema := []byte(`{"slug":"cars","isActive":false,"attributes":[{"key":"vin","type":"text"}]}`)
		t := newTester(tt, Options{Schema: schema, Quirks: Quirks{InactiveReadOnly: true}})
		t.want(400, "PUT", "/crm/cars?matchingAttribute=vin", `{"vin":"1"}`)
		t = newTester(tt, Options{Schema: schema})
		t.want(201, "PUT", "/crm/cars?matchingAttribute=vin", `{"vin":"1"}`)
	})
	t.Run("lists begin with the newest", func(tt *testing.T) {
		t := newTester(tt, Options{Quirks: Quirks{ListNewestFirst: true}})
		for _, sku := range []string{"A1", "A2", "A3"} {
			t.assert(201, `{"sku":"`+sku+`"}`)
		}
		first := t.want(200, "GET", "/crm/products?count=2", "").at("collection").([]any)
		last := t.want(200, "GET", "/crm/products?count=2&page=2", "").at("collection").([]any)
		if skuOf(first[0]) != "A3" || skuOf(first[1]) != "A2" || skuOf(last[0]) != "A1" {
			t.Errorf("pages %v, %v", first, last)
		}
	})
	t.Run("admin:full covers the CRM", func(tt *testing.T) {
		t := newTester(tt, Options{Quirks: Quirks{AdminCoversCRM: true}, Tokens: []Token{{Value: "any-token", Scopes: []string{"admin:full"}}}})
		t.assert(201, `{"sku":"A1"}`)
	})
	t.Run("answers are compressed for those who take it", func(tt *testing.T) {
		t := newTester(tt, Options{Quirks: Quirks{Gzip: true}})
		r := httptest.NewRequest("GET", "/crm/objects", nil)
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		t.crm.ServeHTTP(w, r)
		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		var body struct{ Success bool }
		if err := json.NewDecoder(z).Decode(&body); err != nil || !body.Success {
			t.Errorf("%v, %v", body, err)
		}
	})
}

// companies stores two companies and gives their ids.
func (t tester) companies() []string {
	t.Helper()
	var ids []string
	for _, domain := range []string{"acme.com", "example.com"} {
		ids = append(ids, t.want(201, "PUT", "/crm/companies?matchingAttribute=domain", `{"domain":"`+domain+`"}`).at("company.id").(string))
	}
	return ids
}
