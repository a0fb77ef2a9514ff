/* same.c - a plug-in with next to nothing in it: what remains of a call is the crossing. */
#include <stdint.h>

uint32_t same(uint32_t x);
uint32_t same(uint32_t x) { return x; }
