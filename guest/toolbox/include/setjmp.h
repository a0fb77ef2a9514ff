/* What crossplug has of <setjmp.h>, imports of fragments, is in classic.h. */
#ifndef SETJMP_H
#define SETJMP_H

#include "classic.h"

#if defined __powerpc__
typedef long jmp_buf[64];
#else
typedef long jmp_buf[16];
#endif
#define setjmp(env) __setjmp(env)

#endif
