/*
 * host.c - a LADSPA host for the tests of bridged plug-ins.
 *
 *     host MODE FILE LABEL [FILE LABEL]...
 *
 * It does what MODE says with a plug-in, exits with status 0 if all is as it
 * should be, and otherwise says what is not. Plug-ins have an audio input, an
 * audio output and at most one control input, unless a mode says otherwise.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ladspa.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PORTS = 300, RATE = 48000, BLOCK = 256 };

static void fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fprintf(stderr, "host: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	exit(1);
}

/* ---- allocations and locks of this process, the shim's included ------------------ */

static _Atomic int allocations, locks, counting;
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
void *malloc(size_t n) { allocations += counting; return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { allocations += counting; return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { allocations += counting; return __libc_realloc(p, n); }
void free(void *p) { allocations += counting; __libc_free(p); }

/* In the place of the functions of client.h, for a shim that is built so that it lets itself be interposed. */
void lock(_Atomic uint32_t *l)
{
	locks += counting;
	while (atomic_exchange(l, 1) != 0)
		sched_yield();
}
void unlock(_Atomic uint32_t *l) { atomic_store(l, 0); }

/* ---- plug-ins ----------------------------------------------------------------------- */

struct plugin {
	void *module;
	const LADSPA_Descriptor *d;
	LADSPA_Handle handle;
	unsigned long in, out;      /* its first audio ports */
	LADSPA_Data control[MOST_PORTS];
	LADSPA_Data input[BLOCK], output[BLOCK];
};

static const LADSPA_Descriptor *find(void *module, const char *label)
{
	LADSPA_Descriptor_Function describe = (LADSPA_Descriptor_Function)dlsym(module, "ladspa_descriptor");
	const LADSPA_Descriptor *d;
	unsigned long i;
	if (describe == NULL)
		fail("no ladspa_descriptor");
	for (i = 0; (d = describe(i)) != NULL; i++)
		if (strcmp(d->Label, label) == 0)
			return d;
	fail("no plug-in %s", label);
	return NULL;
}

static void describe(struct plugin *p, const char *file, const char *label)
{
	unsigned long i;
	memset(p, 0, sizeof *p);
	if ((p->module = dlopen(file, RTLD_NOW | RTLD_LOCAL)) == NULL)
		fail("%s", dlerror());
	p->d = find(p->module, label);
	p->in = p->out = p->d->PortCount;
	for (i = 0; i < p->d->PortCount; i++) {
		if (LADSPA_IS_PORT_AUDIO(p->d->PortDescriptors[i]) && LADSPA_IS_PORT_INPUT(p->d->PortDescriptors[i]) && p->in == p->d->PortCount)
			p->in = i;
		if (LADSPA_IS_PORT_AUDIO(p->d->PortDescriptors[i]) && LADSPA_IS_PORT_OUTPUT(p->d->PortDescriptors[i]) && p->out == p->d->PortCount)
			p->out = i;
	}
}

static int begin(struct plugin *p, float control)
{
	unsigned long i;
	if ((p->handle = p->d->instantiate(p->d, RATE)) == NULL)
		return -1;
	for (i = 0; i < p->d->PortCount; i++) {
		p->control[i] = control;
		p->d->connect_port(p->handle, i, i == p->in ? p->input : i == p->out ? p->output : &p->control[i]);
	}
	if (p->d->activate != NULL)
		p->d->activate(p->handle);
	return 0;
}

static void open_plugin(struct plugin *p, const char *file, const char *label, float control)
{
	describe(p, file, label);
	if (begin(p, control) != 0)
		fail("%s: instantiate returned NULL", label);
}

static void end(struct plugin *p)
{
	if (p->d->deactivate != NULL)
		p->d->deactivate(p->handle);
	if (p->d->cleanup != NULL)
		p->d->cleanup(p->handle);
}

/* Runs a block of a ramp and returns how many of its samples come out as 0. */
static int zeros(struct plugin *p)
{
	int i, n = 0;
	for (i = 0; i < BLOCK; i++) {
		p->input[i] = (float)(i + 1);
		p->output[i] = 12345;
	}
	p->d->run(p->handle, BLOCK);
	for (i = 0; i < BLOCK; i++)
		n += p->output[i] == 0;
	return n;
}

static void expect_sound(struct plugin *p, const char *when)
{
	int n = zeros(p);
	if (n != 0)
		fail("%s: %d samples of a block are 0", when, n);
}

static void expect_silence(struct plugin *p, const char *when)
{
	int n = zeros(p);
	if (n != BLOCK)
		fail("%s: only %d samples of a block are 0", when, n);
}

/*
 * The helpers that run the plug-ins of a folder of shims. They are nobody's
 * children, but their command lines tell.
 */
static char helper_path[4096];

static int helpers(pid_t *pids, int most)
{
	DIR *all = opendir("/proc");
	struct dirent *e;
	int n = 0;
	while ((e = readdir(all)) != NULL) {
		char path[300], line[8192];
		ssize_t got, i;
		int fd;
		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/cmdline", e->d_name);
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
			continue;
		got = read(fd, line, sizeof line - 1);
		close(fd);
		if (got <= 0)
			continue;
		line[got] = 0;
		for (i = 0; i < got; i += (ssize_t)strlen(line + i) + 1)
			if (strncmp(line + i, helper_path, strlen(helper_path)) == 0 && n < most) {
				pids[n++] = (pid_t)atoi(e->d_name);
				break;
			}
	}
	closedir(all);
	return n;
}

static void expect_helpers(int want, const char *when)
{
	pid_t pids[400];
	int n = 0, i;
	for (i = 0; i < 6000; i++) { /* one that was killed needs a moment, and what a plug-in started some seconds */
		if ((n = helpers(pids, 400)) == want)
			return;
		usleep(10000);
	}
	fail("%s: %d helpers, want %d", when, n, want);
}

/* The entries of a folder. */
static int entries(const char *path)
{
	DIR *all = opendir(path);
	int n = 0;
	while (readdir(all) != NULL)
		n++;
	closedir(all);
	return n;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- modes ----------------------------------------------------------------------------- */

/*
 * Writes what any plug-in gives when its buffers are used in every way that
 * ladspa.h allows: in place, all outputs in one buffer, new buffers for every
 * block, blocks of all sizes, run_adding. Controls have one value, 0.7.
 */
static void ways(char **argv)
{
	static const unsigned long sizes[] = {64, 1, 0, 1000, 8192, 8193, 20000, 20000, 300000, 64};
	struct plugin p;
	unsigned long i, n, k;
	LADSPA_Data *buffer[MOST_PORTS], control[MOST_PORTS], *shared;
	uint32_t seed = 1;

	describe(&p, argv[0], argv[1]);
	if (p.d->PortCount > MOST_PORTS || (p.handle = p.d->instantiate(p.d, RATE)) == NULL)
		fail("cannot use it");
	for (i = 0; i < p.d->PortCount; i++) {
		control[i] = 0.7f;
		p.d->connect_port(p.handle, i, &control[i]);
	}
	if (p.d->activate != NULL)
		p.d->activate(p.handle);
	if (p.d->set_run_adding_gain != NULL)
		p.d->set_run_adding_gain(p.handle, 0.3f);
	for (k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
		int in_place = k % 2 == 1 && !LADSPA_IS_INPLACE_BROKEN(p.d->Properties), adding = k % 3 == 2 && p.d->run_adding != NULL;
		n = sizes[k];
		shared = NULL;
		for (i = 0; i < p.d->PortCount; i++) {
			unsigned long j;
			buffer[i] = NULL;
			if (!LADSPA_IS_PORT_AUDIO(p.d->PortDescriptors[i]))
				continue;
			buffer[i] = malloc(sizeof(LADSPA_Data) * (n + 1));
			for (j = 0; j < n; j++) {
				seed = seed * 1664525 + 1013904223;
				buffer[i][j] = (float)(int32_t)seed / 4294967296.0f;
			}
			if (in_place && shared == NULL)
				shared = buffer[i];
			p.d->connect_port(p.handle, i, in_place ? shared : buffer[i]);
		}
		(adding ? p.d->run_adding : p.d->run)(p.handle, n);
		for (i = 0; i < p.d->PortCount; i++) {
			if (buffer[i] == NULL)
				fwrite(&control[i], sizeof control[i], 1, stdout);
			else
				fwrite(in_place ? shared : buffer[i], sizeof(LADSPA_Data), n, stdout);
		}
		for (i = 0; i < p.d->PortCount; i++)
			free(buffer[i]);
	}
	end(&p);
}

/*
 * Runs blocks between two marks that strace shows, and counts allocations and
 * locks. That the counters count shows while the plug-in is made.
 */
static void quiet_with(char **argv, int sees_locks)
{
	struct plugin p;
	int i;
	counting = 1;
	open_plugin(&p, argv[0], argv[1], 0);
	counting = 0;
	if (allocations == 0 || (locks == 0) == sees_locks)
		fail("%d allocations and %d locks were counted while the plug-in was made", allocations, locks);
	allocations = locks = 0;
	for (i = 0; i < 100; i++) /* the helper's thread settles */
		expect_sound(&p, "at first");
	counting = 1;
	(void)!write(-1, "BEGIN", 5);
	for (i = 0; i < 200; i++) {
		p.d->connect_port(p.handle, p.in, i % 2 ? p.input : p.output); /* in place, and not */
		p.d->run(p.handle, BLOCK);
	}
	if (p.d->run_adding != NULL)
		p.d->run_adding(p.handle, BLOCK);
	(void)!write(-1, "END", 3);
	counting = 0;
	if (allocations != 0 || locks != 0)
		fail("%d allocations, %d locks", allocations, locks);
	end(&p);
}

static void quiet(char **argv) { quiet_with(argv, 0); }
static void interposed(char **argv) { quiet_with(argv, 1); }

static pid_t only_helper(void)
{
	pid_t pids[8];
	if (helpers(pids, 8) != 1)
		fail("not one helper");
	return pids[0];
}

static int signals;
static void count_signal(int s) { signals += s == SIGCHLD; }

/* A helper that is killed leaves silence, and neither signal nor status behind. */
static void killed(char **argv)
{
	struct plugin p, q;
	int i;

	signal(SIGCHLD, count_signal);
	open_plugin(&p, argv[0], argv[1], 0);
	expect_sound(&p, "before");
	kill(only_helper(), SIGKILL);
	for (i = 0; i < 100; i++) /* what the shim says shows that it did not wait for an answer */
		expect_silence(&p, "after");
	open_plugin(&q, argv[0], argv[1], 0); /* in a new helper */
	expect_sound(&q, "a new instance");
	expect_silence(&p, "the old instance");
	end(&p);
	expect_sound(&q, "after the old instance's end");
	end(&q);
	expect_helpers(0, "at the end");
	if (signals != 0)
		fail("%d SIGCHLD", signals);
	if (waitpid(-1, NULL, __WALL | WNOHANG) >= 0 || errno != ECHILD)
		fail("there is still a child to wait for");
}

/* The helper is killed by somebody else while blocks run. */
static void *kill_soon(void *pid)
{
	usleep(100000);
	kill((pid_t)(intptr_t)pid, SIGKILL);
	return NULL;
}

static void killed_in_run(char **argv)
{
	struct plugin p;
	pthread_t t;
	double start;
	open_plugin(&p, argv[0], argv[1], 0);
	pthread_create(&t, NULL, kill_soon, (void *)(intptr_t)only_helper());
	for (start = now(); zeros(&p) == 0;)
		if (now() - start > 60)
			fail("it lives on");
	expect_silence(&p, "after");
	end(&p);
	pthread_join(t, NULL);
}

/* Plug-ins that misbehave, those whose labels begin as the arguments say, and a good one after each. */
static void deeds(char **argv)
{
	void *module = dlopen(argv[0], RTLD_NOW | RTLD_LOCAL);
	LADSPA_Descriptor_Function all = module == NULL ? NULL : (LADSPA_Descriptor_Function)dlsym(module, "ladspa_descriptor");
	const LADSPA_Descriptor *d;
	struct plugin p;
	unsigned long i;
	int n = 0;
	char good[200];

	if (all == NULL)
		fail("%s", dlerror());
	snprintf(good, sizeof good, "%s", all(0)->Label);
	for (i = 1; (d = all(i)) != NULL; i++) {
		char **wanted = argv + 1;
		double start = now();
		while (*wanted != NULL && strncmp(d->Label, *wanted, strlen(*wanted)) != 0)
			wanted++;
		if (*wanted == NULL)
			continue;
		n++;
		describe(&p, argv[0], d->Label);
		if (begin(&p, 0) == 0) {
			zeros(&p);
			zeros(&p);
			end(&p);
		}
		open_plugin(&p, argv[0], good, 0);
		expect_sound(&p, d->Label);
		end(&p);
		if (now() - start > 1)
			printf("%s took %.0f s\n", d->Label, now() - start);
	}
	expect_helpers(0, "at the end");
	if (n == 0)
		fail("no plug-in is labelled %s", argv[1]);
	printf("%d\n", n);
}

/* A sum of all memory that is shared with helpers. */
static unsigned long shared_sum(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long from, to, sum = 0;
	char line[1000];
	while (fgets(line, sizeof line, maps) != NULL)
		if (strstr(line, "memfd:crossplug") != NULL && sscanf(line, "%lx-%lx rw-s", &from, &to) == 2)
			for (; from < to; from += sizeof from)
				sum = sum * 31 + *(unsigned long *)from;
	fclose(maps);
	return sum;
}

/* A child of the host is mute, and leaves the parent's helpers and their memory alone. */
static void forks(char **argv)
{
	struct plugin p, q;
	int status, changes = 0;
	pid_t child;
	unsigned long sum;
	open_plugin(&p, argv[0], argv[1], 0);
	expect_sound(&p, "before");
	if ((child = fork()) == 0) {
		do { /* the helper, if it is slow, changes a word after its last answer: it notes that it waits */
			sum = shared_sum();
			expect_silence(&p, "in the child");
		} while (shared_sum() != sum && ++changes < 4);
		if (sum == 0 || changes == 4)
			fail("the child changes the parent's memory, which has the sum %#lx", sum);
		open_plugin(&q, argv[0], argv[1], 0);
		expect_sound(&q, "the child's own");
		expect_silence(&p, "in the child, still");
		end(&p);
		expect_sound(&q, "the child's own, still");
		expect_helpers(2, "in the child");
		exit(0); /* without cleaning up */
	}
	if (waitpid(child, &status, 0) != child || status != 0)
		fail("the child ended with %#x", status);
	expect_sound(&p, "after");
	if ((child = fork()) == 0)
		exit(0); /* at once, with its parent's instance */
	waitpid(child, &status, 0);
	expect_sound(&p, "after another");
	expect_helpers(1, "after both");
	end(&p);
	expect_helpers(0, "at the end");
}

/* The second of two shims is unloaded with an instance; the first stays loaded. */
static void unload(char **argv)
{
	struct plugin p, q;
	open_plugin(&p, argv[0], argv[1], 0);
	open_plugin(&q, argv[2], argv[3], 0);
	expect_sound(&p, "first");
	expect_sound(&q, "second");
	expect_helpers(2, "both");
	dlclose(q.module);
	expect_helpers(1, "after dlclose");
	expect_sound(&p, "after dlclose");
	open_plugin(&q, argv[2], argv[3], 0);
	expect_sound(&q, "loaded again");
	end(&q);
	dlclose(q.module);
	end(&p);
	dlclose(p.module);
	expect_helpers(0, "at the end");
	open_plugin(&p, argv[0], argv[1], 0);
	expect_sound(&p, "the first, loaded again");
	exit(0); /* without cleaning up */
}

/* Two files of a group share a helper, and its end; others do not. */
static void groups(char **argv)
{
	struct plugin p, q, r;
	pid_t shared;
	open_plugin(&p, argv[0], argv[1], 0);
	open_plugin(&q, argv[2], argv[3], 0);
	expect_helpers(1, "two of a group");
	open_plugin(&r, argv[4], argv[5], 0);
	expect_helpers(2, "another");
	expect_sound(&p, "first"), expect_sound(&q, "second"), expect_sound(&r, "third");
	end(&p);
	expect_sound(&q, "without the first");
	expect_helpers(2, "without the first");
	end(&r);
	shared = only_helper();
	open_plugin(&p, argv[0], argv[1], 0);
	open_plugin(&r, argv[4], argv[5], 0);
	expect_helpers(2, "all again");
	kill(shared, SIGKILL);
	expect_silence(&p, "its helper is gone"), expect_silence(&q, "its helper is gone"), expect_sound(&r, "its helper is not");
	end(&p), end(&q), end(&r);
	expect_helpers(0, "at the end");
}

/* How many signals the process does something about. */
static int handlers(void)
{
	struct sigaction action;
	int i, n = 0;
	for (i = 1; i < 65; i++)
		n += sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_DFL;
	return n;
}

/*
 * There are neither threads nor signal handlers; descriptors are all closed on
 * exec, and the helper has none of the host's.
 */
static void guest(char **argv)
{
	int threads_before = entries("/proc/self/task"), handlers_before = handlers();
	struct plugin p;
	int mine, fd;
	char path[64], target[64] = "";
	DIR *open_files;
	struct dirent *e;
	pid_t helper;

	for (fd = 3; fd < 1024; fd++)
		close(fd);
	mine = open("/dev/zero", O_RDONLY);
	dup2(mine, 77);
	open_plugin(&p, argv[0], argv[1], 0);
	for (fd = 3; fd < 200; fd++)
		if (fd != mine && fd != 77 && fcntl(fd, F_GETFD) >= 0 && !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			fail("descriptor %d is not closed on exec", fd);
	expect_sound(&p, "with a plug-in");
	if (entries("/proc/self/task") != threads_before || handlers() != handlers_before)
		fail("there are threads or signal handlers that the host did not make");
	helper = only_helper();
	snprintf(path, sizeof path, "/proc/%d/fd", helper);
	open_files = opendir(path);
	while ((e = readdir(open_files)) != NULL) {
		ssize_t n = readlinkat(dirfd(open_files), e->d_name, target, sizeof target - 1);
		if (n > 0 && (target[n] = 0, strcmp(target, "/dev/zero") == 0))
			fail("the helper has inherited descriptor %s", e->d_name);
	}
	closedir(open_files);
	end(&p);
	for (fd = 3; fd < 200; fd++)
		if (fd != mine && fd != 77 && fcntl(fd, F_GETFD) >= 0)
			fail("descriptor %d is left over", fd);
}

/* Instances on several threads at once, made and ended there too. */
static void *work(void *argv)
{
	struct plugin *p = malloc(sizeof *p);
	int i, k;
	for (k = 0; k < 3; k++) {
		open_plugin(p, ((char **)argv)[0], ((char **)argv)[1], 0);
		for (i = 0; i < 300; i++)
			expect_sound(p, "on a thread");
		end(p);
	}
	free(p);
	return NULL;
}

static void threads(char **argv)
{
	enum { MANY = 8 };
	pthread_t t[MANY];
	int i;
	for (i = 0; i < MANY; i++)
		pthread_create(&t[i], NULL, work, argv);
	for (i = 0; i < MANY; i++)
		pthread_join(t[i], NULL);
	expect_helpers(0, "at the end");
}

/* The host locks all its memory, now and to come, as real-time hosts do. */
static void locked(char **argv)
{
	struct rusage before, after;
	struct plugin p;
	int i;
	if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
		printf("forbidden\n");
		return;
	}
	open_plugin(&p, argv[0], argv[1], 0);
	for (i = 0; i < 10; i++)
		expect_sound(&p, "locked");
	getrusage(RUSAGE_SELF, &before);
	for (i = 0; i < 100; i++)
		expect_sound(&p, "locked");
	getrusage(RUSAGE_SELF, &after);
	if (after.ru_minflt - before.ru_minflt > 20) /* the kernel may move some */
		fail("%ld page faults in 100 blocks", after.ru_minflt - before.ru_minflt);
	end(&p);
}

/*
 * Looks into hundreds of plug-ins, as a host does that begins, and keeps all
 * loaded: that starts nothing. Then it uses one.
 */
static void many(char **argv)
{
	static struct plugin p;
	double start = now();
	int n, open_before = entries("/proc/self/fd"), threads_before = entries("/proc/self/task");
	for (n = 0; argv[0] != NULL; argv += 2, n++)
		describe(&p, argv[0], argv[1]);
	start = now() - start;
	expect_helpers(0, "after looking");
	if (entries("/proc/self/fd") != open_before || entries("/proc/self/task") != threads_before)
		fail("looking leaves descriptors open or threads running");
	if (begin(&p, 0) != 0)
		fail("instantiate returned NULL");
	expect_sound(&p, "the last");
	expect_helpers(1, "with one in use");
	end(&p);
	printf("%d in %.0f ms\n", n, 1000 * start);
}

/* Only looks, as a host does that has hundreds of plug-ins. */
static void look(char **argv)
{
	struct plugin p;
	describe(&p, argv[0], argv[1]);
	expect_helpers(0, "after looking");
	printf("%lu %s %s %lu\n", p.d->UniqueID, p.d->Label, p.d->Name, p.d->PortCount);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(char **argv);
	} modes[] = {
		{"ways", ways}, {"quiet", quiet}, {"interposed", interposed}, {"killed", killed}, {"killed-in-run", killed_in_run}, {"deeds", deeds}, {"forks", forks},
		{"unload", unload}, {"groups", groups}, {"guest", guest}, {"threads", threads}, {"locked", locked}, {"look", look}, {"many", many},
	};
	unsigned i;
	if (argc >= 4) {
		const char *slash = strrchr(argv[2], '/');
		snprintf(helper_path, sizeof helper_path, "%.*s/.crossplug/helper-", (int)(slash == NULL ? 0 : slash - argv[2]), argv[2]);
	}
	for (i = 0; argc >= 4 && i < sizeof modes / sizeof modes[0]; i++)
		if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run(argv + 2);
			return fflush(stdout) != 0;
		}
	fail("usage: host MODE FILE LABEL [FILE LABEL]...");
}
