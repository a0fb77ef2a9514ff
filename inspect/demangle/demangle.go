// Package demangle turns the names that C++ compilers give to symbols back into
// what the programmer wrote: those of the Itanium C++ ABI, which ELF, Mach-O and
// Rust use, and those of Apple's and Metrowerks' compilers for the classic
// Mac OS, which descend from AT&T's cfront.
//
//	_ZN3Foo3barEi     Foo::bar(int)
//	bar__3FooCFPc     Foo::bar(char*) const
package demangle

import (
	"strings"

	"github.com/ianlancetaylor/demangle"
)

// maxName is the longest name that is looked at. Compilers cut theirs well
// before, and the time and space that a crafted one takes grow with it.
const maxName = 4096

// Itanium demangles a symbol of an ELF or Mach-O file. A name that is not
// mangled is returned as it is. Mach-O's additional underscore, of which
// a mangled name then has two, may be there.
func Itanium(name string) string {
	if len(name) > maxName {
		return name
	}
	trimmed := name
	if strings.HasPrefix(name, "__Z") || strings.HasPrefix(name, "__R") {
		trimmed = name[1:]
	}
	const longest = 14 // the logarithm of the length of what is returned at most
	if plain, err := demangle.ToString(trimmed, demangle.MaxLength(longest)); err == nil && len(plain) < 1<<longest {
		return plain
	}
	return name
}

// Classic demangles a symbol of a PEF container, which GCC may have made, too. A
// name that is not mangled is returned as it is. One that begins with a dot, as
// the code of a function does in traceback tables, still does.
func Classic(name string) string {
	if len(name) > maxName {
		return name
	}
	symbol, dot := strings.CutPrefix(name, ".")
	plain, ok := cfront(symbol)
	if strings.HasPrefix(symbol, "_Z") && !ok {
		plain = Itanium(symbol)
		ok = plain != symbol
	}
	switch {
	case !ok:
		return name
	case dot:
		return "." + plain
	}
	return plain
}
