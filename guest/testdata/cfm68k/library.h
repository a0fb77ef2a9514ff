#include "classic.h"

typedef long (*Function)(long);
typedef struct {
	UInt32 context, closure, connection, where;
} CFragInitBlock;

extern long count;
extern const char names[2][6];
long add(long n);
long apply(Function f, long n);
Function adder(void);
OSErr start(CFragInitBlock *block);
void finish(void);

/* The host's. */
long note(long n);
long triple(long n);
extern long number;
