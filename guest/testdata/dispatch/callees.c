/* callees.c - routines that say who they are and what they got. */
#if defined(__powerpc__)
#define WHO 2
#else
#define WHO 1
#endif

#define ROUTINE(name, id) \
	long name(short selector, long a, signed char b) { return WHO * 1000000 + id * 100000 + selector * 1000 + a * 10 + b; } \
	long name##_plain(long a, signed char b) { return WHO * 1000000 + id * 100000 + a * 10 + b; }

ROUTINE(one, 1)
ROUTINE(two, 2)
ROUTINE(three, 3)
ROUTINE(other, 4)
