/* sidecar.c - see sidecar.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "sidecar.h"

enum { LARGEST = 64 << 20, VERSION = 3, HEAD = 24 };

uint32_t take32(struct cursor *c)
{
	uint32_t v;
	if (c->bad || c->end - c->at < 4) {
		c->bad = 1;
		return 0;
	}
	memcpy(&v, c->at, 4);
	c->at += 4;
	return v;
}

uint64_t take64(struct cursor *c)
{
	uint64_t low = take32(c);
	return low | (uint64_t)take32(c) << 32;
}

const char *take_string(struct cursor *c)
{
	uint32_t n = take32(c), padded = (n + 3) & ~3u;
	const char *s = (const char *)c->at;
	if (c->bad || n == 0 || padded < n || (size_t)(c->end - c->at) < padded || s[n - 1] != 0) {
		c->bad = 1;
		return "";
	}
	c->at += padded;
	return s;
}

const char **take_strings(struct cursor *c)
{
	uint32_t n = take32(c), i;
	const char **list;
	if (c->bad || n > (size_t)(c->end - c->at) / 4) {
		c->bad = 1;
		n = 0;
	}
	list = calloc((size_t)n + 1, sizeof *list);
	for (i = 0; list != NULL && i < n; i++)
		list[i] = take_string(c);
	return list;
}

/* Finds the file that this very variable was loaded from. */
static int find_self(struct dl_phdr_info *info, size_t size, void *to)
{
	uintptr_t here = (uintptr_t)&find_self;
	int i;
	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		if (info->dlpi_phdr[i].p_type == PT_LOAD && here >= start && here - start < info->dlpi_phdr[i].p_memsz)
			return snprintf(to, PATH_MAX, "%s", info->dlpi_name) < PATH_MAX ? 1 : -1;
	}
	return 0;
}

/* DIR/NAME.so -> DIR/.crossplug/NAME.bridge */
static int sidecar_path(char *path)
{
	char shim[PATH_MAX], *name;
	size_t n;
	if (dl_iterate_phdr(find_self, shim) != 1)
		return -1;
	name = strrchr(shim, '/');
	if (name != NULL)
		*name++ = 0;
	else
		name = shim;
	n = strlen(name);
	if (n > 3 && strcmp(name + n - 3, ".so") == 0)
		n -= 3;
	return snprintf(path, PATH_MAX, "%s%s.crossplug/%.*s.bridge", name == shim ? "" : shim, name == shim ? "" : "/", (int)n, name) < PATH_MAX ? 0 : -1;
}

/* Reads a whole file into memory that it allocates. */
static unsigned char *read_file(const char *path, size_t *length)
{
	unsigned char *image = NULL, *grown;
	size_t room = 0, n = 0;
	ssize_t got = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	while (got > 0 && n <= LARGEST) {
		if (n == room) {
			room = room == 0 ? 16384 : 2 * room;
			if ((grown = realloc(image, room)) == NULL)
				break;
			image = grown;
		}
		while ((got = read(fd, image + n, room - n)) < 0 && errno == EINTR)
			;
		n += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	if (got == 0 && n > 0) {
		*length = n;
		return image;
	}
	if (got == 0)
		errno = EINVAL;
	free(image);
	return NULL;
}

/* FNV-1a, 64 bits: it notices a disk's mistakes, and who could forge it could as well replace the shim. */
#define CHECKSUM_START 0xcbf29ce484222325u
static uint64_t checksum(uint64_t h, const unsigned char *p, size_t n)
{
	while (n-- > 0)
		h = (h ^ *p++) * 0x100000001b3u;
	return h;
}

int sidecar_read(struct sidecar *s, char *why)
{
	char path[PATH_MAX];
	struct cursor c;
	size_t length = 0;

	memset(s, 0, sizeof *s);
	if (sidecar_path(path) != 0) {
		snprintf(why, WHY, "a bridged plug-in cannot find its own file");
		return -1;
	}
	if ((s->image = read_file(path, &length)) == NULL) {
		snprintf(why, WHY, "%.400s: %s; run: crossplug bridge sync", path, strerror(errno));
		return -1;
	}
	c.at = s->image, c.end = c.at + length, c.bad = 0;
	if (length < HEAD || memcmp(c.at, "XPLGLADS", 8) != 0)
		c.bad = 1;
	c.at += c.bad ? 0 : 8;
	if (!c.bad && take32(&c) != VERSION) {
		snprintf(why, WHY, "%.400s: was made by another version of crossplug; run: crossplug bridge sync", path);
		sidecar_free(s);
		return -1;
	}
	if (take32(&c) != length || take64(&c) != checksum(CHECKSUM_START, (unsigned char *)s->image + HEAD, length - HEAD))
		c.bad = 1;
	s->content = take64(&c);
	s->bits = (int)take32(&c);
	s->big_endian = take32(&c) != 0;
	s->plugin = take_string(&c);
	s->arch = take_string(&c);
	s->group = take_string(&c);
	take_string(&c); /* the strategies that are preferred, for sync */
	s->command = take_strings(&c);
	s->without = take_strings(&c);
	s->plugins = c;
	if (!c.bad && (s->bits == 32 || s->bits == 64) && s->command != NULL && s->without != NULL && s->command[0] != NULL)
		return 0;
	snprintf(why, WHY, "%.400s: is damaged; run: crossplug bridge sync", path);
	sidecar_free(s);
	return -1;
}

void sidecar_free(struct sidecar *s)
{
	free(s->command);
	free(s->without);
	free(s->image);
	memset(s, 0, sizeof *s);
}

int sidecar_current(const struct sidecar *s)
{
	unsigned char part[16384];
	uint64_t sum = CHECKSUM_START;
	ssize_t n;
	int fd = open(s->plugin, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is not waited for */
	if (fd < 0)
		return 0;
	while ((n = read(fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR))
		sum = checksum(sum, part, n > 0 ? (size_t)n : 0);
	close(fd);
	return n == 0 && sum == s->content;
}
