/*
 * door.c - the shim as one program, without the process that it starts, for
 * fuzzing: what comes in at its two doors is given on standard input.
 *
 *     kind, one byte; length, four bytes, little-endian; so many bytes
 *
 * Kind 's' is a sidecar, which is read, and all that it describes is looked at.
 * Kind 'h' is a script for a helper, which a thread of this program plays: each
 * byte says whether the next answer is what a helper would say or a lie, of
 * which the bytes after it are the text. When the script ends the helper does,
 * and when it has to wait, as the host waits then too.
 * Each input is answered with one byte.
 */
#include "../native/ladspa.c"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "../native/private.h"

enum { PORTS = 4, LONGEST = 1 << 20, PATIENCE = 20 /* milliseconds */ };

static const unsigned char *script;
static size_t script_left;
static pthread_t thread;

/* ---- the helper -------------------------------------------------------------------- */

struct acted {
	int stream;
	unsigned char *memory, *lane; /* lane: NULL before it has been opened */
	uint32_t size, turn;
};

static int next(void)
{
	if (script_left == 0)
		return -1;
	script_left--;
	return *script++;
}

/* Bytes of the script, zeros after its end. */
static void take(void *to, size_t n)
{
	size_t i;
	for (i = 0; i < n; i++) {
		int b = next();
		((unsigned char *)to)[i] = b < 0 ? 0 : (unsigned char)b;
	}
}

static int get_all(int fd, void *to, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, to, n);
		if (got <= 0)
			return -1;
		to = (char *)to + got;
		n -= (size_t)got;
	}
	return 0;
}

static void send_bytes(int fd, const void *from, size_t n) { (void)!send(fd, from, n, MSG_NOSIGNAL); }

static void send_answer(const struct acted *h, unsigned char *header, int kind, const void *body, uint32_t n)
{
	memcpy(header, &n, 4);
	header[4] = (unsigned char)kind;
	send_bytes(h->stream, header, 16);
	send_bytes(h->stream, body, n);
}

/* Answers a request. -1: it is over. */
static int answer(struct acted *h)
{
	unsigned char header[16], body[65536] = {0}, lie[1024] = {0};
	uint32_t length, n = 8, offset, i;
	uint16_t op;
	int how = next();

	if (get_all(h->stream, header, 16) != 0)
		return -1;
	memcpy(&length, header, 4);
	memcpy(&op, header + 6, 2);
	if (length > sizeof body || get_all(h->stream, body, length) != 0 || op == OP_EXIT || how < 0)
		return -1;
	if (op == OP_LANE) {
		memcpy(&offset, body, 4);
		h->lane = h->memory + offset % h->size;
		n = 0;
	} else if (op == OP_READ) { /* of a descriptor */
		uint64_t words[sizeof(LADSPA_Descriptor) / 8] = {0};
		memcpy(&n, body + 8, 4);
		for (i = 0; i < sizeof words / sizeof *words; i++)
			words[i] = 8 * i == offsetof(LADSPA_Descriptor, UniqueID) ? 7 : 8 * i == offsetof(LADSPA_Descriptor, PortCount) ? PORTS : 0x1000 + i;
		memset(body, 0, sizeof body);
		memcpy(body, words, sizeof words);
	} else {
		n = op == OP_INFO ? 12 : 8;
		memset(body, 8, 12);
	}
	switch (how % 8) {
	default:
		send_answer(h, header, 2, body, n);
		return 0;
	case 1: /* anything as the body, whatever its length */
		n = (uint32_t)(next() & 0xff) * 4;
		take(lie, n);
		send_answer(h, header, 2, lie, n);
		return 0;
	case 2: /* anything as the head */
		take(header, 16);
		send_bytes(h->stream, header, 16);
		return 0;
	case 3: /* an error, whose text may be anything */
		n = (uint32_t)(next() & 0xff) * 4;
		take(lie, n);
		send_answer(h, header, 3, lie, n);
		return 0;
	case 4: /* callbacks, then the answer */
		for (i = (uint32_t)next() & 7; i > 0; i--) {
			unsigned char back[20];
			send_answer(h, header, 1, lie, (uint32_t)(next() & 0x3f));
			if (get_all(h->stream, back, sizeof back) != 0)
				return -1;
		}
		send_answer(h, header, 2, body, n);
		return 0;
	case 5:
		return -1;
	}
}

static _Atomic uint32_t *word_of(const struct acted *h, uint32_t offset) { return (_Atomic uint32_t *)(h->lane + offset); }

/* Takes a turn on the lane. -1: it is over. */
static int play(struct acted *h)
{
	int how = next(), i;
	uint32_t v, at;

	h->turn = atomic_load(word_of(h, LANE_REQUEST));
	if (how < 0)
		return -1;
	atomic_store(word_of(h, LANE_STATE), STATE_DONE);
	for (at = LANE_RESULTS; at < LANE_RESULTS + 64; at += 4)
		atomic_store(word_of(h, at), 0x1000);
	switch (how % 8) {
	case 1: /* anything anywhere */
		for (i = next() & 15; i > 0; i--) {
			uint16_t offset;
			take(&offset, 2);
			take(&v, 4);
			atomic_store(word_of(h, offset % LANE_SIZE & ~3u), v);
		}
		break;
	case 2: /* a callback */
		take(h->lane + LANE_ARGS, 8);
		atomic_store(word_of(h, LANE_ID), (uint32_t)next());
		atomic_store(word_of(h, LANE_STATE), STATE_CALLED);
		break;
	case 3: /* turns that are not due */
		atomic_store(word_of(h, LANE_RESPONSE), h->turn + (uint32_t)next());
		futex_wake(word_of(h, LANE_RESPONSE));
		return 0;
	case 4: /* an odd state */
		take(&v, 4);
		atomic_store(word_of(h, LANE_STATE), v);
		break;
	case 5:
		return -1;
	}
	atomic_store(word_of(h, LANE_RESPONSE), h->turn);
	futex_wake(word_of(h, LANE_RESPONSE));
	return 0;
}

static void *act(void *at)
{
	static const unsigned char hash[16] = {API_HASH};
	unsigned char hello[32] = "XPLG\4\3\2\1", theirs[32];
	struct acted *h = at;
	struct pollfd p = {h->stream, POLLIN, 0};
	int odd = next(), idle = 0;

	hello[8] = 64, hello[10] = 1, hello[12] = 1;
	memcpy(hello + 16, hash, 16);
	if (odd > 0)
		take(hello + odd % 32, 1);
	send_bytes(h->stream, hello, odd > 200 ? (size_t)odd % 32 : 32);
	if (get_all(h->stream, theirs, 32) == 0 && odd <= 200)
		while (idle < PATIENCE) {
			if (h->lane != NULL && atomic_load(word_of(h, LANE_REQUEST)) != h->turn) {
				if (play(h) != 0)
					break;
			} else if (poll(&p, 1, 0) > 0) {
				if (answer(h) != 0)
					break;
			} else if (h->lane != NULL) {
				atomic_store(word_of(h, LANE_GUEST_WAITS), 1); /* for good */
				idle += futex_wait(word_of(h, LANE_REQUEST), h->turn, 1) != 0;
				continue;
			} else {
				idle += poll(&p, 1, 1) == 0;
				continue;
			}
			idle = 0;
		}
	close(h->stream);
	munmap(h->memory, h->size);
	free(h);
	return NULL;
}

/* In the place of spawn.c. */
int spawn(const struct launch *l, uint32_t memory_size, struct process *p, char *why)
{
	struct acted *h = calloc(1, sizeof *h);
	struct timeval patience = {0, 1000 * PATIENCE};
	int pair[2];

	(void)l;
	p->pidfd = -1;
	p->memory = memfd_create("door", MFD_CLOEXEC);
	if (h == NULL || p->memory < 0 || ftruncate(p->memory, memory_size) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		abort();
	p->stream = pair[0];
	h->stream = pair[1];
	setsockopt(h->stream, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	h->size = memory_size;
	h->memory = mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, p->memory, 0);
	if (h->memory == MAP_FAILED || pthread_create(&thread, NULL, act, h) != 0)
		abort();
	snprintf(why, WHY, "it does not start");
	return 0;
}

/* ---- the host ----------------------------------------------------------------------- */

/* Looks at all that a sidecar says. */
static void look(const unsigned char *image, size_t n)
{
	int fd = open(".crossplug/.bridge", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	const LADSPA_Descriptor *d;
	unsigned long i, k, sum = 0;

	if (fd < 0 || write(fd, image, n) != (ssize_t)n)
		abort();
	close(fd);
	begin();
	if (sidecar.image != NULL && n < 16384)
		__asan_poison_memory_region((unsigned char *)sidecar.image + n, 16384 - n); /* room that read_file has left */
	for (i = 0; (d = ladspa_descriptor(i)) != NULL; i++) {
		sum += strlen(d->Label) + strlen(d->Name) + strlen(d->Maker) + strlen(d->Copyright);
		for (k = 0; k < d->PortCount; k++)
			sum += strlen(d->PortNames[k]) + (unsigned long)d->PortDescriptors[k] + (unsigned long)d->PortRangeHints[k].HintDescriptor;
	}
	if (sum == ~0ul)
		abort();
	end();
}

/* Uses a plug-in whose helper follows a script, with no more memory than it needs. */
static void use(const unsigned char *text, size_t n)
{
	static const LADSPA_PortDescriptor kinds[PORTS] = {LADSPA_PORT_INPUT | LADSPA_PORT_CONTROL, LADSPA_PORT_INPUT | LADSPA_PORT_AUDIO,
		LADSPA_PORT_OUTPUT | LADSPA_PORT_AUDIO, LADSPA_PORT_OUTPUT | LADSPA_PORT_CONTROL};
	static const char *command[] = {"helper", NULL}, *without[] = {NULL};
	static const unsigned long blocks[] = {64, 0, 1, 9000};
	struct plugin p = {{.Label = "door", .PortCount = PORTS, .PortDescriptors = kinds}, 0, 7};
	LADSPA_Handle x;
	unsigned long i, k;

	script = text;
	script_left = n;
	/* An empty file, and its checksum. */
	sidecar = (struct sidecar){.plugin = "/dev/null", .arch = "amd64", .group = "", .content = 0xcbf29ce484222325u, .bits = 64, .command = command, .without = without};
	thread = 0;
	if ((x = method_LADSPA_Descriptor_instantiate(&p.shown, 48000)) != NULL) {
		for (i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
			LADSPA_Data *memory[PORTS];
			for (k = 0; k < PORTS; k++) {
				memory[k] = calloc(blocks[i] + (k == 0 || k == 3), sizeof(LADSPA_Data));
				method_LADSPA_Descriptor_connect_port(x, k, memory[k == 2 && i % 2 ? 1 : k]);
			}
			if (i == 0)
				method_LADSPA_Descriptor_activate(x);
			method_LADSPA_Descriptor_set_run_adding_gain(x, 0.5f);
			(i % 2 ? method_LADSPA_Descriptor_run_adding : method_LADSPA_Descriptor_run)(x, blocks[i]);
			for (k = 0; k < PORTS; k++) {
				method_LADSPA_Descriptor_connect_port(x, k, NULL);
				free(memory[k]);
			}
		}
		method_LADSPA_Descriptor_deactivate(x);
		method_LADSPA_Descriptor_cleanup(x);
	}
	if (thread != 0)
		pthread_join(thread, NULL);
	memset(&sidecar, 0, sizeof sidecar);
}

int main(void)
{
	unsigned char head[5], *input = malloc(LONGEST);
	uint32_t n;

	if (input == NULL || mkdir(".crossplug", 0700) != 0)
		abort();
	while (get_all(0, head, 5) == 0) {
		unsigned char *exact;
		memcpy(&n, head + 1, 4);
		if (n > LONGEST || get_all(0, input, n) != 0 || (exact = malloc(n + 1)) == NULL)
			abort();
		memcpy(exact, input, n);
		(head[0] == 's' ? look : use)(exact, n);
		free(exact);
		if (write(1, "k", 1) != 1)
			abort();
	}
	free(input);
	return 0;
}
