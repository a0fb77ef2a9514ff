package generate

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/crossplug/crossplug/api"
)

// TestRefusedInC checks what the language allows and C cannot carry: an error
// with the place, not wrong code.
func TestRefusedInC(t *testing.T) {
	for _, tt := range []struct{ backend, body, want string }{
		{"dispatcher", `<function name="f" side="host"><param name="v" type="f32" length="n" transport="shm"/><param name="n" type="u32"/></function>`,
			`x.xml:3:32: C: f: transport="shm" of a function of the host's`},
		{"shim", `<function name="f"><param name="v" type="cstring" dir="out" capacity="n" length="n"/><param name="n" type="u32"/></function>`,
			"x.xml:3:20: C: an array of strings that comes out"},
		{"dispatcher", `<function name="f"><param name="v" type="u8" length="n" lifetime="forever"/><param name="n" type="u32"/></function>`,
			"x.xml:3:20: C: f: the callee keeps v, which is neither text nor table"},
		{"dispatcher", `<struct name="p"><field name="a" type="i32"/></struct>
			<struct name="s" packing="mac68k"><field name="v" type="p" count="2"/></struct>
			<function name="f"><param name="v" type="s"/></function>`,
			"x.xml:4:38: C: s.v: an array of structs in a packed struct"},
		{"dispatcher", `<union name="u"><case name="a" value="1" type="i32"/></union>
			<function name="f"><param name="v" type="u" switch="k"/><param name="k" type="i32"/></function>`,
			"x.xml:4:23: C: f: the parameter that says the union's case has to come before it"},
		{"dispatcher", `<handle name="h" owner="plugin" create="f"/><function name="f"><param name="v" type="h" dir="out"/></function>`,
			"x.xml:3:64: C: f makes a h in an out parameter"},
		{"direct", `<function name="f"><param name="n" type="i32"/></function>`, "x.xml:3:1: C: f: without a dispatcher, functions are those of tables"},
		{"direct", `<handle name="h" owner="plugin" create="t.new"/>
			<table name="t" owner="plugin"><method name="new"><param name="t" type="t" self="true"/><return type="h"/></method></table>
			<table name="u" owner="plugin"><method name="f"><param name="u" type="u" self="true"/></method></table>`, "2 tables of the plug-in's"},
		{"direct", `<table name="t" owner="plugin"><method name="f"><param name="t" type="t" self="true"/><param name="s" type="cstring"/></method></table>`,
			"C: f: without a dispatcher, a parameter is a number"},
		{"direct", `<table name="t" owner="plugin"><method name="f"><param name="t" type="t" self="true"/><return type="i32"/></method></table>`,
			"C: f: without a dispatcher, only a new object is returned"},
		{"direct", `<table name="t" owner="plugin"><method name="f"><param name="n" type="i32"/></method></table>`, "C: f: without a dispatcher, a function has an object of its own"},
		{"direct", `<table name="t" owner="plugin"><field name="v" type="u32" count="2"/><method name="f"><param name="t" type="t" self="true"/></method></table>`, "C: without a dispatcher, a table has numbers"},
		{"direct", `<table name="t" owner="plugin"><field name="n" type="u8"/><field name="m" type="i64"/><method name="f"><param name="t" type="t" self="true"/></method></table>`, "t has another size on armhf than elsewhere"},
		{"direct", `<table name="t" owner="plugin"><field name="n" type="u32"/><field name="v" type="u32" length="n * 2"/><method name="f"><param name="t" type="t" self="true"/></method></table>`, "C: t.v: without a dispatcher, an array is as long as a field says"},
	} {
		xml := fmt.Sprintf("<?xml version=\"1.0\"?>\n<api name=\"x\" version=\"1.0\" header=\"x.h\">\n%s\n</api>", tt.body)
		a, err := api.ParseFS(fstest.MapFS{"x.xml": {Data: []byte(xml)}}, "x.xml")
		if err != nil {
			t.Errorf("%s: %v", tt.body, err)
			continue
		}
		if _, err := Run(tt.backend, a); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", tt.body, err, tt.want)
		}
	}
	if _, err := Run("cobol", &api.API{}); err == nil || !strings.Contains(err.Error(), `unknown back end "cobol" (known: direct, dispatcher,`) {
		t.Errorf("an unknown back end: %v", err)
	}
}
