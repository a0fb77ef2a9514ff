/*
 * Executes code sequences on the processor it runs on, and reports what they
 * did. Standard input has records, standard output gets one for each:
 * registers, condition codes, a checksum of memory, and a signal's number if
 * there was one. All numbers are big-endian, as the processor has them.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SCRATCH = 0x50000000, SCRATCH_SIZE = 0x20000,
	CODE = 0x51000000, RETURN = CODE + 0x800, CODE_SIZE = 0x1000,
	CODE_BYTES = 128,
};

struct state {
	uint32_t reg[16];
	uint32_t ccr;
	uint32_t fpcr, fpsr;
	uint32_t fp[8][3];
};

struct request {
	struct state state;
	uint32_t seed;
	uint8_t code[CODE_BYTES];
};

struct reply {
	struct state state;
	uint32_t sum;
	uint32_t signal;
};

/* In the data segment, so that absolute addresses reach all of it. */
struct state state;
uint32_t saved_sp;
uint16_t ccr;
uint32_t entry = CODE;
static sigjmp_buf back;

void enter(void);

/* The registers are loaded, the code is jumped to; it ends with a jump to leave. */
__asm__(
	"	.text\n"
	"	.globl enter, leave\n"
	"enter:\n"
	"	moveml %d2-%d7/%a2-%a6,%sp@-\n"
	"	fmovemx %fp2-%fp7,%sp@-\n"
	"	movel %sp,saved_sp\n"
	"	fmovemx state+76,%fp0-%fp7\n"
	"	fmovel state+68,%fpcr\n"
	"	fmovel state+72,%fpsr\n"
	"	movew ccr,%ccr\n"
	"	moveml state,%d0-%d7/%a0-%a7\n"
	"	jmp ([entry])\n"
	"leave:\n"
	"	movew %ccr,ccr\n"
	"	moveml %d0-%d7/%a0-%a7,state\n"
	"	fmovemx %fp0-%fp7,state+76\n"
	"	fmovel %fpcr,state+68\n"
	"	fmovel %fpsr,state+72\n"
	"	fmovel #0,%fpcr\n"
	"	movel saved_sp,%sp\n"
	"	fmovemx %sp@+,%fp2-%fp7\n"
	"	moveml %sp@+,%d2-%d7/%a2-%a6\n"
	"	rts\n");

void leave(void);

static void on_signal(int number) { siglongjmp(back, number); }

static int transfer(int fd, void *p, size_t n, int out)
{
	uint8_t *b = p;
	while (n) {
		ssize_t k = out ? write(fd, b, n) : read(fd, b, n);
		if (k <= 0)
			return 0;
		b += k;
		n -= k;
	}
	return 1;
}

int main(void)
{
	static uint8_t stack[65536];
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_NODEFER};
	static const int signals[] = {SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV};
	static struct request request;
	static struct reply reply;
	uint32_t *scratch, *word;
	uint8_t *code;

	sigaltstack(&alternate, 0);
	for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, 0);
	scratch = mmap((void *)SCRATCH, SCRATCH_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	code = mmap((void *)CODE, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (scratch != (void *)SCRATCH || code != (void *)CODE)
		return 1;
	/* JMP leave */
	*(uint16_t *)(code + (RETURN - CODE)) = 0x4ef9;
	*(uint32_t *)(code + (RETURN - CODE) + 2) = (uint32_t)leave;
	while (transfer(0, &request, sizeof request, 0)) {
		uint32_t x = request.seed;
		for (word = scratch; word < scratch + SCRATCH_SIZE / 4; word++) {
			x = x * 1664525 + 1013904223;
			*word = x;
		}
		memcpy(code, request.code, CODE_BYTES);
		state = request.state;
		ccr = state.ccr;
		reply.signal = sigsetjmp(back, 1);
		if (!reply.signal)
			enter();
		state.ccr = ccr;
		reply.state = state;
		reply.sum = 0;
		for (word = scratch; word < scratch + SCRATCH_SIZE / 4; word++)
			reply.sum = (reply.sum << 5 | reply.sum >> 27) ^ *word;
		if (!transfer(1, &reply, sizeof reply, 1))
			return 1;
	}
	return 0;
}
