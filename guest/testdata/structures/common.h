/* common.h - what the same source needs natively, in fragments and in code resources. */
typedef void (*Note)(int);

#if defined(__powerpc__) || defined(__CFM68K__)
#if defined(__powerpc__)
typedef int jump_buffer[64];
#else
typedef int jump_buffer[16];
#endif
int __setjmp(void *) __attribute__((returns_twice));
void longjmp(void *, int) __attribute__((noreturn));
#define set_jump __setjmp
#define long_jump longjmp
#elif defined(JUMPS)
#include "jump.h"
#endif
