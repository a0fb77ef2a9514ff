package helper

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/abi"
	"github.com/crossplug/crossplug/arch"
)

// The calling sequences in helper.c are checked against the compilers: random
// signatures are made into C functions, which note the arguments that they get
// and which pass known ones to a callback, and both directions are compared.

// cNames are C's names of the types that travel differently.
var cNames = map[abi.Type]string{
	abi.Void: "void", abi.I8: "signed char", abi.U8: "unsigned char", abi.I16: "short", abi.U16: "unsigned short",
	abi.I32: "int", abi.U32: "unsigned", abi.I64: "long long", abi.U64: "unsigned long long", abi.Long: "long",
	abi.ULong: "unsigned long", abi.Pointer: "void *", abi.F32: "float", abi.F64: "double",
}

var argTypes = []abi.Type{abi.I8, abi.U8, abi.I16, abi.U16, abi.I32, abi.U32, abi.I64, abi.U64, abi.Long, abi.ULong, abi.Pointer, abi.F32, abi.F32, abi.F64, abi.F64, abi.F64}

func randomSignature(r *rand.Rand) abi.Signature {
	sig := abi.Signature{Result: append([]abi.Type{abi.Void}, argTypes...)[r.IntN(1+len(argTypes))]}
	for range r.IntN(abi.MaxArgs + 1) {
		sig.Args = append(sig.Args, argTypes[r.IntN(len(argTypes))])
	}
	return sig
}

// fullSignatures fill every kind of register, and overflow it.
func fullSignatures() []abi.Signature {
	var sigs []abi.Signature
	for _, t := range []abi.Type{abi.I8, abi.I32, abi.U64, abi.Pointer, abi.F32, abi.F64} {
		s := abi.Signature{Result: t}
		for range abi.MaxArgs {
			s.Args = append(s.Args, t)
		}
		sigs = append(sigs, s)
	}
	return sigs
}

// randomBits returns the bits of some value of a type, as Process.Call wants them.
func randomBits(r *rand.Rand, m abi.Model, t abi.Type) uint64 {
	switch t {
	case abi.F32:
		return uint64(math.Float32bits(float32(r.NormFloat64())))
	case abi.F64:
		return math.Float64bits(r.NormFloat64())
	}
	return t.Extend(m, r.Uint64())
}

// source makes the C functions for signature number i: f notes its arguments
// and returns *result; call passes what lies in given to a callback and stores
// its result in *result.
func source(b *strings.Builder, i int, s abi.Signature) {
	var params, note, give []string
	for j, t := range s.Args {
		params = append(params, fmt.Sprintf("%s a%d", cNames[t], j))
		note = append(note, fmt.Sprintf("memcpy(noted[%d], &a%d, sizeof a%d);", j, j, j))
		give = append(give, fmt.Sprintf("*(%s *)given[%d]", cNames[t], j))
	}
	list := strings.Join(params, ", ")
	if list == "" {
		list = "void"
	}
	result, keep := "", ""
	if s.Result != abi.Void {
		result = fmt.Sprintf("return *(%s *)result;", cNames[s.Result])
		keep = fmt.Sprintf("*(%s *)result = ", cNames[s.Result])
	}
	fmt.Fprintf(b, "%s f%d(%s) { %s %s }\n", cNames[s.Result], i, list, strings.Join(note, " "), result)
	fmt.Fprintf(b, "void call%d(%s (*fn)(%s)) { %sfn(%s); }\n", i, cNames[s.Result], list, keep, strings.Join(give, ", "))
}

func TestEverySignature(t *testing.T) {
	const random = 60
	eachArch(t, func(t *testing.T, a arch.Arch) {
		ctx := t.Context()
		p := begin(t, a, Options{})
		r := rand.New(rand.NewPCG(1, 2))
		sigs := fullSignatures()
		for range random {
			sigs = append(sigs, randomSignature(r))
		}
		var c strings.Builder
		fmt.Fprintf(&c, "#include <string.h>\nunsigned char noted[%d][8], given[%d][8] __attribute__((aligned(8))), result[8] __attribute__((aligned(8)));\n", abi.MaxArgs, abi.MaxArgs)
		for i, s := range sigs {
			source(&c, i, s)
		}
		m := load(t, p, c.String())
		address := func(name string) uint64 { return find(t, p, m, name, "void ()").Address }
		noted, given, result := address("noted"), address("given"), address("result")

		for i, s := range sigs {
			args := make([]uint64, len(s.Args))
			memory := make([]byte, 8*abi.MaxArgs)
			for j, ty := range s.Args {
				args[j] = randomBits(r, p.Model(), ty)
				p.Model().PutUint(ty, memory[8*j:], args[j])
			}
			want := randomBits(r, p.Model(), s.Result)
			wantBytes := make([]byte, 8)
			p.Model().PutUint(s.Result, wantBytes, want)
			if err := p.Write(ctx, result, wantBytes); err != nil {
				t.Fatal(err)
			}

			// Out: the C function notes what it gets.
			f := abi.Procedure{Address: address(fmt.Sprintf("f%d", i)), Name: fmt.Sprintf("f%d", i), Type: s}
			got, err := p.Call(ctx, f, args...)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%v returned %#x, want %#x", f, got, want)
			}
			seen := make([]byte, len(memory))
			if err := p.Read(ctx, noted, seen); err != nil {
				t.Fatal(err)
			}
			for j, ty := range s.Args {
				if v := p.Model().Uint(ty, seen[8*j:]); v != args[j] {
					t.Errorf("%v saw argument %d as %#x, want %#x", f, j+1, v, args[j])
				}
			}

			// Back: the C function calls us.
			if err := p.Write(ctx, given, memory); err != nil {
				t.Fatal(err)
			}
			called := 0
			cb, err := p.NewCallback(ctx, "back", s, func(_ context.Context, back []uint64) uint64 {
				called++
				for j := range args {
					if back[j] != args[j] {
						t.Errorf("%v called back with argument %d as %#x, want %#x", f, j+1, back[j], args[j])
					}
				}
				return want
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Write(ctx, result, make([]byte, 8)); err != nil {
				t.Fatal(err)
			}
			call := abi.Procedure{Address: address(fmt.Sprintf("call%d", i)), Name: "call", Type: abi.MustParse("void (ptr)")}
			if _, err := p.Call(ctx, call, cb.Procedure.Address); err != nil {
				t.Fatal(err)
			}
			if err := p.Read(ctx, result, wantBytes); err != nil {
				t.Fatal(err)
			}
			if v := p.Model().Uint(s.Result, wantBytes); called != 1 || v != want {
				t.Errorf("%v was called back %d times and gave %#x, want %#x", f, called, v, want)
			}
			if err := cb.Release(ctx); err != nil {
				t.Fatal(err)
			}
		}
	})
}
