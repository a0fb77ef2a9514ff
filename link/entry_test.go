package link

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/crossplug/crossplug/format/coderes"
)

// caller is a program that maps a resource, and calls it 2 times by a sequence
// between marks in registers and on the stack; it prints the result, or what has
// been damaged.
const caller = `
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

long call(void *);
__asm__(".globl call\n"
"call:	link %%a6,#0\n"
"	movem.l %%d2-%%d7/%%a2-%%a5,-(%%sp)\n"
"	move.l 8(%%a6),%%a3\n"
"	move.l #0x11111111,%%d4; move.l #0x22222222,%%d5; move.l #0x33333333,%%d6; move.l #0x44444444,%%d7\n"
"	move.l #0x55555555,%%a4; move.l %%sp,%%a5\n"
%s
"	cmp.l %%sp,%%a5; bne damage\n"
"	cmp.l #0x11111111,%%d4; bne damage\n"
"	cmp.l #0x22222222,%%d5; bne damage\n"
"	cmp.l #0x33333333,%%d6; bne damage\n"
"	cmp.l #0x44444444,%%d7; bne damage\n"
"	cmp.l #0x55555555,%%a4; bne damage\n"
"back:	move.l %%a5,%%sp\n"
"	movem.l (%%sp)+,%%d2-%%d7/%%a2-%%a5\n"
"	unlk %%a6\n"
"	rts\n"
"damage:	move.l #-99,%%d0\n"
"	bra back\n");

int main(int argc, char **argv)
{
	void *p = mmap((void *)0x40000000, 1 << 20, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
	int fd = open(argv[argc - 1], O_RDONLY);
	if (p == MAP_FAILED || read(fd, p, 1 << 20) <= 0)
		return 1;
	call(p);
	printf("%%ld\n", call(p));
	return 0;
}
`

// TestEntries calls a C function by every convention, under qemu.
func TestEntries(t *testing.T) {
	need(t, "m68k-linux-gnu-gcc", "qemu-m68k-static")
	c := M68K()
	object := compile(t, c, "conventions.c")
	archive, err := txtar.ParseFile("testdata/conventions.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range archive.Files {
		t.Run(test.Name, func(t *testing.T) {
			info, err := coderes.ParsePrototype(test.Name)
			if err != nil {
				t.Fatal(err)
			}
			code, _, err := CodeResource(&Input{Objects: []*Object{object}, Main: "mix", ProcInfo: info})
			if err != nil {
				t.Fatal(err)
			}
			var lines strings.Builder
			for line := range strings.Lines(string(test.Data)) {
				fmt.Fprintf(&lines, "%q\n", line)
			}
			dir := t.TempDir()
			source := filepath.Join(dir, "caller.c")
			if err := os.WriteFile(source, fmt.Appendf(nil, caller, lines.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			output(t, c.Program, "-static", "-O1", "-o", filepath.Join(dir, "caller"), source)
			want := 1234
			if strings.HasPrefix(test.Name, "pascal char") {
				want &= 0xff
			}
			if got := output(t, "qemu-m68k-static", filepath.Join(dir, "caller"), write(t, code)); got != fmt.Sprintln(want) {
				t.Errorf("got %swant %d", got, want)
			}
		})
	}
}

// TestNoEntry expects conventions that nobody can write in C to be refused.
func TestNoEntry(t *testing.T) {
	for _, prototype := range []string{"special EOLHook", "register char CCR.Z proc(long D0)"} {
		info, err := coderes.ParsePrototype(prototype)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newEntry(info); err == nil || !strings.Contains(err.Error(), "there is no entry for") {
			t.Errorf("%s: %v", prototype, err)
		}
	}
}
