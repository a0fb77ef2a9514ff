package demangle

import (
	"strings"
	"testing"
)

func TestClassic(t *testing.T) {
	for name, want := range map[string]string{
		// Names that are not mangled.
		"main": "main", "NewPtr": "NewPtr", "": "", "__": "__", "___": "___", "a__": "a__", "__start": "__start", "my__name": "my__name",
		"fun__Fragment": "fun__Fragment", "x__3Fo": "x__3Fo", "x__9Fo": "x__9Fo", "f__FT1": "f__FT1", "f__F": "f__F", "f__FiX": "f__FiX",
		"f__F_": "f__F_", "f__FFv": "f__FFv", "__xx__3Foo": "__xx__3Foo", "__ct__FvQ": "__ct__FvQ", "f__FQ0": "f__FQ0", "f__FN91": "f__FN91",
		// Functions, and their parameters.
		"fun__Fv": "fun()", "fun__FiPc": "fun(int, char*)", ".fun__Fs": ".fun(short)", "open_it__FPCc": "open_it(const char*)",
		"f__FUcUsUiUlUx": "f(unsigned char, unsigned short, unsigned int, unsigned long, unsigned long long)",
		"f__FScbwfdr":    "f(signed char, bool, wchar_t, float, double, long double)", "printf__FPCce": "printf(const char*, ...)",
		"f__FP3Foo3BarRC3Foo": "f(Foo*, Bar, const Foo&)", "f__F3FooT1PcN23": "f(Foo, Foo, char*, char*, char*)",
		"f__FA10_i": "f(int[10])", "f__FPA10_i": "f(int (*)[10])", "f__FPFi_v": "f(void (*)(int))", "f__FPPFv_Pc": "f(char* (**)())",
		"f__FM3FooFv_i": "f(int (Foo::*)())", "f__FPCPCc": "f(const char* const*)", "f__FCPc": "f(char* const)",
		"f__FRPc": "f(char*&)", "f__FPFPFi_v_v": "f(void (*)(void (*)(int)))",
		// Members.
		"bar__3FooFi": "Foo::bar(int)", "bar__3FooCFv": "Foo::bar() const", "bar__3FooSFv": "Foo::bar()", "bar__Q23Foo3BazFv": "Foo::Baz::bar()",
		"count__3Foo": "Foo::count", "f__Q_2_3Foo3BarFv": "Foo::Bar::f()", "my_name__3FooFv": "Foo::my_name()",
		// Operators and what compilers add.
		"__ct__3FooFv": "Foo::Foo()", "__dt__3FooFv": "Foo::~Foo()", "__ct__Q23Foo3BarFRCQ23Foo3Bar": "Foo::Bar::Bar(const Foo::Bar&)",
		"__pl__3FooFRC3Foo": "Foo::operator+(const Foo&)", "__nw__FUl": "operator new(unsigned long)", "__dla__FPv": "operator delete[](void*)",
		"__opPc__3FooCFv": "Foo::operator char*() const", "__vt__3Foo": "vtable for Foo", "__RTTI__3Foo": "typeinfo for Foo",
		"__vc__3FooFi": "Foo::operator[](int)", "__eq__FRC3FooT1": "operator==(const Foo&, const Foo&)",
		// GCC's.
		"_ZN3Foo3barEi": "Foo::bar(int)", "._ZN3Foo3barEi": ".Foo::bar(int)", "_Zzz": "_Zzz", "_Z__3FooFv": "Foo::_Z()",
		// Templates.
		"f__6Vec<i>Fv": "Vec<int>::f()", "__ct__6Vec<i>Fv": "Vec<int>::Vec()", "f__FP15Map<3Foo,Pc,10>": "f(Map<Foo, char*, 10>*)",
		"f__7Vec<??>Fv": "Vec<??>::f()",
	} {
		if got := Classic(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestItanium(t *testing.T) {
	for name, want := range map[string]string{
		"main": "main", "_ZN3Foo3barEi": "Foo::bar(int)", "__ZN3Foo3barEi": "Foo::bar(int)", "_Zzz": "_Zzz",
		"_ZNSt6vectorIiSaIiEE9push_backERKi": "std::vector<int, std::allocator<int> >::push_back(int const&)",
		"_RNvCs15kBYyAo9fc_7mycrate7example": "mycrate::example", "_ZTV3Foo": "vtable for Foo",
	} {
		if got := Itanium(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestLong sees that names made to explode do not.
func TestLong(t *testing.T) {
	for _, name := range []string{
		"f__F" + strings.Repeat("P", 2000) + "i",
		"f__FP" + strings.Repeat("3Foo", 500) + strings.Repeat("N91", 500),
		"f__F" + strings.Repeat("PF", 1000),
		"f__" + strings.Repeat("9999", 1000),
		strings.Repeat("__F", 1300),
		"_Z" + strings.Repeat("St", 2000),
		strings.Repeat("x", maxName+1),
	} {
		if got := Classic(name); len(got) > 2*maxSize {
			t.Errorf("%.20s… becomes %d bytes", name, len(got))
		}
		if got := Itanium(name); len(got) > 2*maxSize {
			t.Errorf("%.20s… becomes %d bytes", name, len(got))
		}
	}
}

func FuzzDemangle(f *testing.F) {
	for _, s := range []string{"f__F3FooT1PcN23", "__opPc__3FooCFv", "f__FP15Map<3Foo,Pc,10>", "f__FPFPFi_v_v", "_ZN3Foo3barEi", "f__Q_2_3Foo3BarFv", "f__FM3FooFv_i"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, got := range []string{Classic(name), Itanium(name)} {
			if got != name && (len(got) > 4*maxSize || len(name) > maxName) {
				t.Fatalf("%q becomes %d bytes", name, len(got))
			}
		}
		if !strings.Contains(name, "__") && !strings.Contains(name, "_Z") && Classic(name) != name {
			t.Fatalf("%q becomes %q", name, Classic(name))
		}
	})
}
