package sandbox

import (
	"encoding/json"
	"fmt"
	"testing"
)

// The subtests are statements of the API page on tokens, the schema and lists.
func TestTheAPIPageOnReading(t *testing.T) {
	scoped := Options{Tokens: []Token{
		{Value: "reader", Scopes: []string{"crm:read"}},
		{Value: "writer", Scopes: []string{"crm:write"}},
		{Value: "users", Scopes: []string{"users:read"}},
		{Value: "admin", Scopes: []string{"admin:full"}},
		{Value: "short", Scopes: []string{"crm:write"}, Requests: 2},
	}}
	page := func(statement string, opts Options, check func(t tester)) {
		t.Run(statement, func(t *testing.T) { check(newTester(t, opts)) })
	}
	put := "/crm/products?matchingAttribute=sku"
	page("a missing token gets 401", Options{}, func(t tester) {
		t.token = ""
		t.says(t.want(401, "GET", "/crm/objects", ""), "Unauthenticated")
		t.want(401, "PUT", put, `{"sku":"A1"}`)
	})
	page("an invalid token gets 401", scoped, func(t tester) {
		t.want(401, "GET", "/crm/objects", "")
	})
	page("writing needs crm:write, reading crm:read, discovery one of them", scoped, func(t tester) {
		for _, use := range []struct {
			token        string
			discover     int
			list         int
			write, users int
		}{
			{"reader", 200, 200, 403, 403}, {"writer", 200, 403, 201, 403}, {"users", 403, 403, 403, 200}, {"admin", 403, 403, 403, 403},
		} {
			t.token = use.token
			t.want(use.discover, "GET", "/crm/objects", "")
			t.want(use.discover, "GET", "/crm/objects/products", "")
			t.want(use.list, "GET", "/crm/products", "")
			t.want(use.write, "PUT", put, `{"sku":"`+use.token+`"}`)
			t.want(use.users, "GET", "/organizations/users", "")
			t.want(use.users, "GET", "/whoami", "")
		}
	})
	page("a token that expires gets 401 until it is renewed", scoped, func(t tester) {
		t.token = "short"
		t.assert(201, `{"sku":"A1"}`)
		t.assert(200, `{"sku":"A1"}`)
		t.assert(401, `{"sku":"A1"}`)
		t.crm.SetTokens([]Token{{Value: "short", Scopes: []string{"crm:write"}}})
		t.assert(200, `{"sku":"A1"}`)
	})
	page("an object is shown with all its attributes, the system's among them", Options{}, func(t tester) {
		a := t.want(200, "GET", "/crm/objects/products", "")
		t.equal(a, "object.slug", `"products"`)
		t.equal(a, "object.isActive", `true`)
		found := map[string]map[string]any{}
		for _, one := range a.at("object.attributes").([]any) {
			found[one.(map[string]any)["key"].(string)] = one.(map[string]any)
		}
		for key, typ := range map[string]string{"sku": "text", "price": "number", "category": "select", "supplier": "relation", "id": "text", "created_at": "datetime"} {
			if found[key]["type"] != typ {
				t.Errorf("%s is %v", key, found[key])
			}
		}
		if found["id"]["isRequired"] != true || found["legacy_code"]["isArchived"] != true || found["sku"]["isUnique"] != true {
			t.Errorf("flags are missing: %s", a.text)
		}
		if string(t.crm.ObjectJSON("products")) != a.text {
			t.Error("ObjectJSON is not the API's answer")
		}
		t.want(404, "GET", "/crm/objects/unicorns", "")
	})
	page("all objects are listed", Options{}, func(t tester) {
		objects := t.want(200, "GET", "/crm/objects", "").at("objects").([]any)
		if len(objects) != 4 || len(t.crm.Objects()) != 4 {
			t.Errorf("%d objects", len(objects))
		}
	})
	page("lists have pages of 20, or of 1 to 100 as count says", Options{}, func(t tester) {
		for i := range 45 {
			t.assert(201, fmt.Sprintf(`{"sku":"A%02d"}`, i))
		}
		a := t.want(200, "GET", "/crm/products?page=3", "")
		t.equal(a, "pagination", `{"count":20,"currentPage":3,"nextPage":null,"previousPage":"/v2/crm/products?page=2","total":45,"totalPages":3}`)
		if items := a.at("collection").([]any); len(items) != 5 || skuOf(items[0]) != "A40" {
			t.Errorf("the third page holds %v", items)
		}
		a = t.want(200, "GET", "/crm/products?count=100", "")
		t.equal(a, "pagination.nextPage", `null`)
		t.want(400, "GET", "/crm/products?count=101", "")
		t.want(400, "GET", "/crm/products?page=0", "")
		id := t.crm.Records("products")[0].ID
		t.want(200, "DELETE", "/crm/products/"+id, "")
		a = t.want(200, "GET", "/crm/products?count=2&page=2", "")
		if items := a.at("collection").([]any); skuOf(items[0]) != "A03" {
			t.Errorf("after a deletion the second page begins with %v", items[0])
		}
	})
	page("the member list shows who is active", Options{}, func(t tester) {
		a := t.want(200, "GET", "/organizations/users?per_page=3&page=2", "")
		t.equal(a, "pagination", `{"count":3,"currentPage":2,"nextPage":null,"previousPage":"/v2/organizations/users?page=1","total":4,"totalPages":2}`)
		if m := a.at("collection").([]any)[0].(map[string]any); m["uuid"] != "D5W9J1GYS7A4E26" || m["isActive"] != false {
			t.Errorf("the last member is %v", m)
		}
	})
}

func skuOf(item any) any { return item.(map[string]any)["attributes"].(map[string]any)["sku"] }

func TestSchemas(t *testing.T) {
	bare := `{"slug":"cars","attributes":[{"key":"vin","type":"text","isUnique":true},{"key":"kind","type":"select","options":[{"id":7,"value":"Van"}]}]}`
	for name, schema := range map[string]string{
		"the API's answer":         `{"success":true,"status":200,"object":` + bare + `}`,
		"a bare object":            bare,
		"a list of objects":        `[` + bare + `]`,
		"the API's list":           `{"success":true,"objects":[` + bare + `]}`,
		"a collection":             `{"collection":[` + bare + `],"pagination":{}}`,
		"a list behind a BOM":      "\ufeff[" + bare + "]",
		"a list of whole answers":  `[{"object":` + bare + `}]`,
		"indented, blanks at ends": "\n " + bare + "\n",
	} {
		t.Run("objects are read from "+name, func(tt *testing.T) {
			t := newTester(tt, Options{Schema: []byte(schema), NoSample: true})
			t.want(201, "PUT", "/crm/cars?matchingAttribute=vin", `{"vin":"V1","kind":{"id":7}}`)
			t.want(404, "GET", "/crm/objects/products", "")
		})
	}
	t.Run("a schema stands beside the sample", func(tt *testing.T) {
		t := newTester(tt, Options{Schema: []byte(bare)})
		t.want(200, "GET", "/crm/objects/cars", "")
		t.want(200, "GET", "/crm/objects/products", "")
	})
	for name, schema := range map[string]string{
		"not JSON":                     `slug: cars`,
		"an empty list":                `[]`,
		"an object without a slug":     `{"attributes":[]}`,
		"an attribute without a key":   `{"slug":"cars","attributes":[{"type":"text"}]}`,
		"an attribute of unknown type": `{"slug":"cars","attributes":[{"key":"a","type":"colour"}]}`,
		"an attribute twice":           `{"slug":"cars","attributes":[{"key":"a","type":"text"},{"key":"a","type":"text"}]}`,
		"an option without an id":      `{"slug":"cars","attributes":[{"key":"a","type":"select","options":[{"value":"x"}]}]}`,
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			if _, err := New(Options{Schema: []byte(schema)}); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestEnsure(tt *testing.T) {
	t := newTester(tt, Options{})
	if t.crm.EnsureObject("products") || !t.crm.EnsureObject("cars") || t.crm.EnsureObject("cars") {
		t.Error("EnsureObject doesn't tell what it added")
	}
	added := t.crm.EnsureAttributes("cars", []string{"VIN", "Größe (cm)", " vin ", "größe-(cm)", "%", ""}, "vin")
	if got, _ := json.Marshal(added); string(got) != `["VIN","Größe (cm)","%"]` {
		t.Errorf("added %s", got)
	}
	if again := t.crm.EnsureAttributes("cars", []string{"vin"}, "vin"); again != nil {
		t.Errorf("added again: %v", again)
	}
	a := t.want(201, "PUT", "/crm/cars?matchingAttribute=vin", `{"vin":"V1","grosse_cm":"5","attribute":"x"}`)
	t.equal(a, "record.attributes.grosse_cm", `"5"`)
	t.want(400, "POST", "/crm/cars", `{"vin":"V1"}`) // the match column is unique
	if added := t.crm.EnsureAttributes("products", []string{"SKU", "inventory-count", "In stock", "Farbe"}, "SKU"); len(added) != 1 {
		t.Errorf("added %v to products, only Farbe is missing", added)
	}
	t.want(201, "PUT", "/crm/products?matchingAttribute=sku", `{"sku":"A1","farbe":"rot","ean":"1"}`)
	if added := t.crm.EnsureAttributes("people", []string{"E-Mail", "Email", "firstName", "socials.linkedin"}, "email"); len(added) != 1 {
		t.Errorf("added %v to people", added)
	}
	if t.crm.EnsureAttributes("unicorns", []string{"a"}, "a") != nil {
		t.Error("an object that isn't there got attributes")
	}
}
