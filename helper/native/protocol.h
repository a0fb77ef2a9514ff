/*
 * protocol.h - the numbers that the helper host and its host agree on.
 *
 * This file is the definition: the helper includes it, package helper checks
 * its own constants against it in a test, and the first 16 bytes of its
 * SHA-256 travel in the handshake, so that a helper and a host built from
 * different versions of it refuse each other at once.
 *
 * Everything on the wire and in shared memory is little-endian. On the wire a
 * u64 is 8 bytes, a string or byte string a u32 length and its bytes. Shared
 * memory holds only u32 and f32: i386 aligns 64-bit values differently from
 * the rest, so a 64-bit value there is two words, low word first.
 */

/* Requests of the host.  body -> body of the answer */
#define OP_INFO 1         /* -> u64 address of the shared memory, u32 process id */
#define OP_LOAD 2         /* string path -> u64 module */
#define OP_UNLOAD 3       /* u64 module */
#define OP_LOOKUP 4       /* u64 module, string symbol -> u64 address */
#define OP_CALL 5         /* u64 address, string classes, u64 argument... -> u64 result */
#define OP_READ 6         /* u64 address, u32 length -> that many bytes, bare */
#define OP_READ_STRINGS 7 /* u32 longest, then u64 address... -> string... */
#define OP_WRITE 8        /* u64 address, string bytes */
#define OP_ALLOC 9        /* u32 size -> u64 address of zeroed memory, 64-byte aligned */
#define OP_FREE 10        /* u64 address */
#define OP_CALLBACK 11    /* u32 id, string classes -> u64 address of a C function */
#define OP_RELEASE 12     /* u64 address that OP_CALLBACK gave */
#define OP_LANE 13        /* u32 offset of the lane in shared memory */
#define OP_EXIT 14        /* run exit handlers and end; answered by the end of the stream */

/*
 * A helper that hosts Go code, not this one: LOOKUP with module 0 finds a
 * procedure of bytes by name, and this calls it. It works in both directions.
 */
#define OP_INVOKE 15 /* u64 address, string -> string */

/*
 * Loads a shared object that is not a file, with RTLD_GLOBAL: what it defines
 * is there for plug-ins that are loaded after it. The name is for messages.
 */
#define OP_LOAD_BYTES 16 /* string name, string image -> u64 module */

/* Request of the helper: the plug-in called a callback. */
#define OP_CALLED 32 /* u32 id, u64 argument... -> u64 result */

/* Errors of the helper; the text says the rest. Codes below 256 belong to the message queue. */
#define ERR_PROTOCOL 256  /* the request was malformed */
#define ERR_LOAD 257      /* dlopen refused the file */
#define ERR_NOT_FOUND 258 /* no such symbol */
#define ERR_LIMIT 259     /* out of memory, callbacks or threads */

/*
 * Classes say how a value travels in a call, one letter each, the result's
 * first: what the C calling conventions distinguish once integers have been
 * extended to 64 bits by the host.
 */
#define CLASS_VOID 'v'
#define CLASS_WORD 'w'   /* an integer or pointer no wider than a register */
#define CLASS_LONG 'l'   /* a 64-bit integer */
#define CLASS_FLOAT 'f'  /* float; the low 32 bits of the u64 */
#define CLASS_DOUBLE 'd' /* double; the u64's bits */
#define MAX_ARGS 14

/*
 * A lane is a block of shared memory through which one thread of the host
 * calls one thread of the helper without a system call but the wake-up.
 * Turns alternate strictly: the host writes its words and adds one to
 * LANE_REQUEST; the helper runs, writes its words and adds one to
 * LANE_RESPONSE. A turn of the helper is either DONE or CALLED (the plug-in
 * called a callback, and waits); a turn of the host is RUN, RETURN (from the
 * innermost callback), PIN or STOP. RUN in answer to CALLED nests.
 *
 * Each word that is waited on has its 64-byte line to itself, and every word
 * has exactly one writer.
 */
#define LANE_REQUEST 0x000     /* host: number of turns it has taken */
#define LANE_RESPONSE 0x040    /* helper: number of turns it has taken */
#define LANE_HOST_WAITS 0x080  /* host: 1 while it sleeps on LANE_RESPONSE */
#define LANE_GUEST_WAITS 0x0c0 /* helper: 1 while it sleeps on LANE_REQUEST */
#define LANE_KIND 0x100        /* host: RUN ... STOP */
#define LANE_FIRST 0x104       /* host: RUN: offset of the first call from LANE_CALLS */
#define LANE_COUNT 0x108       /* host: RUN: number of calls; PIN: processor, or ~0: any */
#define LANE_ANSWERS 0x10c     /* host: RUN: offset of the first result from LANE_RESULTS */
#define LANE_VALUE 0x110       /* host: RETURN: the callback's result, two words */
#define LANE_SPIN 0x118        /* host: how often the helper looks before it sleeps */
#define LANE_STATE 0x140       /* helper: DONE or CALLED */
#define LANE_ID 0x144          /* helper: CALLED: the callback's id */
#define LANE_AT 0x148          /* helper: RUN: index of the call it is in, to tell which one never came back */
#define LANE_ARGS 0x180        /* helper: CALLED: its arguments, two words each */
#define LANE_CALLS 0x1000      /* host: call records */
#define LANE_RESULTS 0x4000    /* helper: results, two words each */
#define LANE_SIZE 0x5000

/* A call record: address (two words), classes (16 bytes, zero-filled), then two words an argument. */
#define CALL_ADDRESS 0
#define CALL_CLASSES 8
#define CALL_ARGS 24

#define TURN_RUN 1
#define TURN_RETURN 2
#define TURN_PIN 3
#define TURN_STOP 4
#define STATE_DONE 1
#define STATE_CALLED 2
