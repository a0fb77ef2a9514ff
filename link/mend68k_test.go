package link

import (
	"strings"
	"testing"
)

// TestMend68K changes functions as gcc writes them, one line for each instruction.
func TestMend68K(t *testing.T) {
	const (
		call      = "|(call_insn 12 11 13 (call (mem:QI (symbol_ref:SI (\"f\")))))\n|    (nil))\n"
		structure = "|(call_insn 12 11 13 (call (mem:QI (symbol_ref:SI (\"f\"))))\n|    (expr_list (use (reg:SI 9 %a1))\n|        (nil)))\n"
		twice     = "|(call_insn 12 11 13 (call (mem:QI (symbol_ref:SI (\"f\"))))\n|     (expr_list:REG_SETJMP (nil)))\n"
		note      = "\t| 12\t[c=0]  *call/1"
		code      = "\tlink.w %fp,#-8\t| 1\t[c=0]  *link\n"
		end       = "\tmove.l -12(%fp),%d3\t| 3\t[c=8]  *movsi_m68k/0\n\tunlk %fp\t\t| 4\t[c=0]  *unlink\n\trts\t\t| 5\t[c=0]  *return\n"
	)
	for _, c := range []struct {
		name, body string
		described  routine68K
		want, none []string
	}{
		{"a call", code + call + "\tbsr.l f@PLTPC" + note + "\n" + end, routine68K{noted: true, parameters: 8},
			[]string{"g.entry:\n\tmove.l (%a1),%a5\ng:\n\tlink.w %fp,#-16\n\tmove.l %a5,(-12,%fp)\n", "\tmove.l %sp,(-16,%fp)\n\tbsr.l f@PLTPC\n\tmove.l (-16,%fp),%sp\n", "\tmove.l -20(%fp),%d3\n\tunlk %fp\n\trtd #8\n"},
			[]string{"|", ".error", "%a1,-(%sp)"}},
		{"a structure", code + structure + "\tjsr (%a0)" + note + "\n" + end, routine68K{noted: true, structure: true, parameters: 4},
			[]string{"g:\n\tmove.l (%sp)+,%d0\n\tmove.l (%sp),%a1\n\tmove.l %d0,(%sp)\n\tlink.w", "\tmove.l %a1,-(%sp)\n\tlea (%a0),%a1\n\tmove.l (%a1)+,%a0\n\tjsr (%a0)\n", "\tmove.l %a0,%d0\n\trtd #4\n"}, nil},
		{"varying", code + end, routine68K{noted: true, structure: true, variadic: true, parameters: 4}, []string{"\tmove.l (%sp),%a1\n\tjmp (%a1)\n"}, []string{"rt"}},
		{"twice", code + twice + "\tbsr.l f" + note + "\n" + twice + "\tbsr.l f" + note + "\n" + end, routine68K{noted: true},
			[]string{"link.w %fp,#-72\n", "fmovem.x %fp4-%fp7,(-64,%fp)\n\tmove.l %sp,(-68,%fp)\n\tbsr.l f\n", "\tmove.l (-68,%fp),%sp\n", "\tmove.l %sp,(-72,%fp)\n\tbsr.l f\n", "-76(%fp),%d3\n"}, nil},
		{"by hand", code + "#APP\n| a comment\n\tjsr (%a0)\n\trts\n#NO_APP\n" + end, routine68K{noted: true, parameters: 4}, []string{"#APP\n| a comment\n\tjsr (%a0)\n\trts\n#NO_APP\n", "rtd #4"}, []string{"%sp,("}},
		{"no notes of calls", code + "\tbsr.l f" + note + "\n" + end, routine68K{noted: true}, []string{".error \"g: this compiler does not say which structures are results"}, nil},
		{"no notes of functions", code + end, routine68K{}, []string{".error \"g: this compiler does not say"}, nil},
		{"no frame", call + "\tbsr.l f" + note + "\n\trts\n", routine68K{noted: true}, []string{".error \"g has no frame"}, nil},
	} {
		got := string(mend68K([]byte("\t.type\tg, @function\ng:\n"+c.body+"\t.size\tg, .-g\n"), map[string]routine68K{"g": c.described}))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, got)
			}
		}
		for _, none := range c.none {
			if strings.Contains(got, none) {
				t.Errorf("%s: %q in\n%s", c.name, none, got)
			}
		}
	}
}
