/* odd.h - what real headers have besides plain functions and structs. */
#pragma once
#include "odd.h" /* once */
#include <stddef.h>
#include <sys/time.h>

/* numbers */
#define ODD_LETTER 'A'
#define ODD_ALL 0xffffffffffffffffu
#define ODD_NOTHING
#define ODD_REAL 1.5
#define ODD_RED ODD_RED
enum odd_colour { ODD_RED, ODD_GREEN = -3 };
enum odd_large { ODD_LARGE = 0x80000000u };
enum odd_huge { ODD_HUGE = 0x100000000, ODD_SMALL = -1 };

/* names that are something else in the definition language, or in Go */
typedef unsigned char u8;
typedef struct { int a; } cstring;
struct size { u8 n; };
struct odd { int n; };
void odd(struct size *size, const struct odd *odd);
void odd_(const cstring *s);
void Odd(void);

/* structs */
struct odd_inner;
struct odd_outer {
	struct odd_named { short s; } named;
	struct timeval when; /* another header's */
	struct odd_outer *next;
	int grid[2][3];
};
struct odd_nameless { struct { int a; } inner; };
struct odd_flat { struct { int a; }; int b; };
struct odd_empty_array { int n; char data[0]; };
struct odd_flexible { int n; char data[]; };
struct odd_complex { double _Complex z; };
struct odd_large_array { char c[1 << 21]; };
struct odd_within { struct odd_complex c; };
struct odd_without { struct odd_within w; };
struct odd_extended { long double x; u8 n; };
union odd_pointers { char *text; int n; };
typedef int (*odd_hook)(int);
struct odd_hooks { odd_hook hook; odd_hook more[2]; int (*old[2])(int); };
struct odd_class { int (*run)(struct odd_class *self); int (*const stop)(const struct odd_class *, int); };
struct odd_object { struct odd_class class; };
struct odd_late { struct odd_object *object; };

/* functions */
typedef void *odd_box;
typedef struct odd_inner *odd_ref;
typedef void odd_plain(int);
odd_box odd_open(odd_ref ref, struct odd_inner *inner);
void odd_old();
void odd_params(int, int p1, int a[4], int (*b)[4], char **names, odd_plain *plain, odd_plain other);
void odd_types(double _Complex z, long double x, struct odd_without *w, const struct odd_object *o, const struct odd_late *l, const union odd_pointers *p);
void odd_by_value(struct odd_inner *const inner, struct size s, enum odd_colour colour, size_t n, volatile int *flag);
struct odd_hooks *odd_hooked(const struct odd_hooks *hooks);
void odd_late_callback(struct { int n; } *nameless);
const struct timeval *odd_when(void);
static inline int odd_inline(int x) { return x; }
extern int odd_variable, odd_declared(void), *odd_pointed(void);
__attribute__((deprecated)) int odd_attributed(int x) __asm__("odd_renamed");

/* layouts */
struct odd_packed { char c; int n; } __attribute__((packed));
struct odd_aligned { char c; int n __attribute__((aligned(16))); };
typedef double odd_double __attribute__((aligned(4)));
struct odd_doubles { char c; odd_double d; };
struct odd_in { struct odd_aligned a; };
#pragma pack(push, 2)
struct odd_mac { char c; int n; };
union odd_mac_union { int n; };
#pragma pack(push, 1)
struct odd_bytes { char c; int n; };
#pragma pack(pop)
struct odd_mac_too { char c; int n; };
#pragma pack(pop)
struct odd_plain_again { char c; int n; };
typedef struct { char c; } odd_buffer __attribute__((aligned));
#pragma pack(8)
struct odd_again { char c; int n; };
#pragma pack()
