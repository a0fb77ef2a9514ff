// Package link makes classic Mac OS code of the object files of ordinary ELF
// compilers: code fragments for PowerPC and for the 68K ([Fragment]), and 68K code
// resources ([CodeResource]).
//
// gcc knows the conventions, or nearly. What it lacks is a linker, and a few words in
// its assembly language, which [Compiler] mends on the way:
//
//	powerpc-linux-gnu-gcc -mcall-aixdesc -fno-pic -mno-relocatable -mregnames …
//	m68k-linux-gnu-gcc -mpcrel -fno-pic …
//	m68k-linux-gnu-gcc -msep-data …
//
// # PowerPC
//
// In the PowerOpen convention a function pointer is the address of a transition
// vector: the address of the code, and the value of r2, the table of contents
// (TOC) of the fragment that the code belongs to. The compiler emits, for each
// function f, its code under the name .f and a vector in .got1 under the name f;
// and in .got the words of its part of the TOC, each the address of something,
// which code loads by their distance from r2.
//
//	section 0   code          glue for imports, .text, constants without addresses
//	section 1   packed data   TOC, vectors, .data, constants with addresses, .bss
//
// The sections move independently, so no code holds an address, and each word
// of data that does is a relocation. An undefined symbol is imported from the
// library that has it. A call of one goes to glue, which loads the vector's two
// words; the nop that the compiler leaves behind such calls becomes the load
// that restores r2.
//
// # CFM-68K
//
// A fragment for the 68K is the same with A5 for r2. The compiler loads the addresses
// of data by their distance from A5; the linker makes the words that it loads, and the
// vectors of functions: their code, and A5. Calls are the compiler's least part: see
// mend68k.go.
//
//	section 0   code          segment header, .text, constants, glue for imports
//	section 1   packed data   the words, vectors, .data, .bss
//
// # Code resources
//
// A code resource is one run of bytes, entered at its first, that works wherever
// it lies: the compiler addresses everything relative to the program counter.
// Initialised pointers it cannot; if there are any, the resource begins with
// code that adds the resource's address to each of them, again if it has moved. If
// it is called by another convention than C's, an entry comes next, which calls
// the C function.
//
// Sources: "Mac OS Runtime Architectures" (Apple, 1997), chapters 4, 5, 7 to 9;
// System V ABI, PowerPC and M68000 supplements, for the relocations.
package link
