/* link.c - a dispatcher in this process, or in a server's. See link.h. */
#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

static unsigned char *shared;
static int to_server = -1, from_server = -1;
static pid_t server;

/* ---- in one process ------------------------------------------------------ */

uint32_t (*link_tap)(unsigned char *frame, uint32_t length, int response);

static uint32_t tapped(void *frame, uint32_t length, int response) { return link_tap == NULL ? length : link_tap(frame, length, response); }

uint32_t crossplug_attach(const unsigned char *block);
uint32_t crossplug_bind(uint32_t id, void *address);
uint32_t crossplug_dispatch(void *frame, uint32_t length);

static uint64_t up(void *frame, uint32_t length)
{
	struct cp_lane *lane = &lanes[((unsigned char *)frame - shared) / (FRAME + BULK)];
	return tapped(frame, link_serve(lane, tapped(frame, length, 0)), 1);
}

static uint32_t cross_here(struct cp_link *link, struct cp_lane *lane, uint32_t length)
{
	(void)link;
	return tapped(lane->frame, crossplug_dispatch(lane->frame, tapped(lane->frame, length, 0)), 1);
}

void link_here(uint64_t version)
{
	static unsigned char block[ATTACH] __attribute__((aligned(8)));
	const struct binding *b;

	if (posix_memalign((void **)&shared, 64, SHARED) != 0)
		exit(3);
	memset(shared, 0, SHARED);
	link_set_up(shared);
	crossplug_shim.link->cross = cross_here;
	crossplug_shim.link->version = version;
	attach_block(block, crossplug_shim.hash, version, (uintptr_t)shared, (uintptr_t)up);
	if (crossplug_attach(block) != 0) {
		fprintf(stderr, "the dispatcher cannot be attached\n");
		exit(3);
	}
	for (b = bindings; b->name != NULL; b++)
		crossplug_bind(b->id, b->address);
}

/* ---- with a server ------------------------------------------------------- */

static void transfer(int out, struct turn *t)
{
	unsigned char bytes[12];
	size_t done = 0;
	ssize_t n;
	uint32_t words[3] = {cp_le32(t->kind), cp_le32(t->lane), cp_le32(t->length)};

	if (out)
		memcpy(bytes, words, 12);
	while (done < 12) {
		n = out ? write(to_server, bytes + done, 12 - done) : read(from_server, bytes + done, 12 - done);
		if (n <= 0 && !(n < 0 && errno == EINTR)) {
			fprintf(stderr, "the server is gone\n");
			exit(3);
		}
		done += n > 0 ? (size_t)n : 0;
	}
	if (!out) {
		memcpy(words, bytes, 12);
		*t = (struct turn){cp_le32(words[0]), cp_le32(words[1]), cp_le32(words[2])};
	}
}

static uint32_t cross_server(struct cp_link *link, struct cp_lane *lane, uint32_t length)
{
	struct turn t = {RUN, (uint32_t)(lane->frame - shared) / (FRAME + BULK), length};
	(void)link;
	transfer(1, &t);
	for (;;) {
		transfer(0, &t);
		if (t.kind == DONE)
			return t.length;
		if (t.kind != UP || t.lane >= LANES)
			exit(3);
		t.length = link_serve(&lanes[t.lane], t.length);
		t.kind = RETURN;
		transfer(1, &t);
	}
}

static void link_server(char **command)
{
	int memory = memfd_create("exercise", 0), in[2], out[2];
	uint32_t mark;

	if (memory < 0 || ftruncate(memory, SHARED) != 0 || pipe(in) != 0 || pipe(out) != 0)
		exit(3);
	shared = mmap(NULL, SHARED, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	server = fork();
	if (server == 0) {
		char fd[3][16];
		char *with[16];
		int i;
		snprintf(fd[0], 16, "%d", memory);
		snprintf(fd[1], 16, "%d", in[0]);
		snprintf(fd[2], 16, "%d", out[1]);
		for (i = 0; command[i] != NULL && i < 12; i++)
			with[i] = command[i];
		with[i] = fd[0], with[i + 1] = fd[1], with[i + 2] = fd[2], with[i + 3] = NULL;
		close(in[1]);
		close(out[0]);
		execvp(with[0], with);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	close(memory);
	to_server = in[1];
	from_server = out[0];
	link_set_up(shared);
	crossplug_shim.link->cross = cross_server;
	memcpy(shared, crossplug_shim.hash, 32);
	if (read(from_server, &mark, 4) != 4) {
		fprintf(stderr, "the server did not start\n");
		exit(3);
	}
	crossplug_shim.link->swap = mark != 0x01020304;
}

void link_end(void)
{
	int status;
	if (server > 0) {
		close(to_server);
		waitpid(server, &status, 0);
		if (status != 0)
			exit(3);
	}
}

void link_start(char **arguments)
{
	if (arguments[0] != NULL && strcmp(arguments[0], "1.0") == 0)
		link_here(CP_VERSION(1, 0));
	else if (arguments[0] != NULL)
		link_server(arguments);
	else
		link_here(CP_VERSION(1, 2));
}
