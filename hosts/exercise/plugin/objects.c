/* objects.c - the exercise plug-in: handles, tables of functions, callbacks. */
#include "plugin.h"

#include <stdlib.h>
#include <string.h>

/* ---- handles ------------------------------------------------------------ */

enum { MOST_VOICES = 16, MOST_LISTENERS = 4 };

struct ex_voice {
	ex_instance *owner;
	int32_t pitch;
	ex_curve curve;
};

struct ex_instance {
	char name[64];
	ex_session *session;
	ex_voice *voices[MOST_VOICES];
	uint32_t voice_count;
	struct {
		ex_listener call;
		void *user;
	} listeners[MOST_LISTENERS];
	uint32_t listener_count;
	const float *samples;
	uint8_t state[EX_MOST_NOTES];
	uint32_t state_length;
};

ex_instance *ex_open(const char *name)
{
	ex_instance *i;
	if (name[0] == 0 || (i = calloc(1, sizeof *i)) == NULL)
		return NULL;
	strncpy(i->name, name, sizeof i->name - 1);
	return i;
}

void ex_close(ex_instance *instance)
{
	while (instance->voice_count > 0)
		ex_voice_free(instance->voices[0]);
	free(instance);
}

const char *ex_instance_name(ex_instance *instance) { return instance->name; }

ex_voice *ex_voice_new(ex_instance *instance, int32_t pitch)
{
	ex_voice *v;
	if (instance->voice_count == MOST_VOICES || (v = calloc(1, sizeof *v)) == NULL)
		return NULL;
	v->owner = instance;
	v->pitch = pitch;
	instance->voices[instance->voice_count++] = v;
	return v;
}

void ex_voice_free(ex_voice *voice)
{
	ex_instance *owner = voice->owner;
	uint32_t i;
	for (i = 0; owner->voices[i] != voice; i++)
		;
	for (owner->voice_count--; i < owner->voice_count; i++)
		owner->voices[i] = owner->voices[i + 1];
	free(voice);
}

int32_t ex_voice_pitch(ex_voice *voice) { return voice->pitch; }
ex_instance *ex_voice_owner(ex_voice *voice) { return voice->owner; }

uint32_t ex_voices(ex_instance *instance, ex_voice **voices, uint32_t room)
{
	uint32_t i;
	for (i = 0; voices != NULL && i < instance->voice_count && i < room; i++)
		voices[i] = instance->voices[i];
	return instance->voice_count;
}

int32_t ex_pitch_sum(ex_voice *const *voices, uint32_t n)
{
	int32_t sum = 0;
	uint32_t i;
	for (i = 0; i < n; i++)
		sum += voices[i]->pitch;
	return sum;
}

ex_status ex_join(ex_instance *instance, ex_session *session)
{
	instance->session = session;
	return 0;
}

ex_session *ex_session_of(ex_instance *instance) { return instance->session; }

/* ---- a table of functions ----------------------------------------------- */

struct ex_note {
	const struct ex_unit *unit;
	double rate, phase;
	int owned;
};

static ex_note *start(const struct ex_unit *unit, double rate)
{
	ex_note *n = calloc(1, sizeof *n);
	n->unit = unit;
	n->rate = rate;
	n->owned = *(int *)unit->own;
	return n;
}

/* The first unit counts up by 1 / rate, the second adds its own number. */
static uint32_t run(ex_note *note, float *samples, uint32_t n)
{
	uint32_t i;
	for (i = 0; i < n; i++, note->phase++)
		samples[i] = (float)(note->unit->id == 1 ? note->phase / note->rate : samples[i] + note->owned);
	return n;
}

static void reset(ex_note *note) { note->phase = 0; }
static void stop(ex_note *note) { free(note); }
static int32_t extra(const struct ex_unit *unit, int32_t v) { return v + (int32_t)unit->id; }

static int own[2] = {10, 20};
static const struct ex_port ports[] = {{"gain", -1, 1}, {"rate", 0.5, 1e300}};
static const struct ex_unit units[] = {
	{1, "counter", 2, ports, &own[0], start, run, reset, stop, extra},
	{2, "adder", 0, NULL, &own[1], start, run, NULL, stop, NULL},
};

const struct ex_unit *ex_unit_get(uint32_t index) { return index < 2 ? &units[index] : NULL; }

ex_status ex_use_services(const struct ex_services *services)
{
	int32_t sum = services->add(services, (int32_t)services->version, 1);
	if (services->note != NULL)
		services->note(services, "added");
	return sum;
}

/* ---- callbacks that the host gives -------------------------------------- */

ex_visit last_visit;
void *last_visit_user;
ex_listener last_listener;
void *last_listener_user;
ex_instance *last_listener_instance;
ex_curve last_curve;
ex_done last_done;
void *last_done_user;

int32_t ex_each(int32_t n, ex_visit visit, void *user)
{
	int32_t i, stop = 0;
	last_visit = visit;
	last_visit_user = user;
	for (i = 0; i < n && i < EX_MOST_VISITS && stop == 0; i++)
		stop = visit(user, i);
	return stop;
}

void ex_sort(int32_t *v, uint32_t n, ex_compare compare)
{
	uint32_t i, j;
	for (i = 1; i < n; i++)
		for (j = i; j > 0 && compare(v[j - 1], v[j]) > 0; j--) {
			int32_t other = v[j];
			v[j] = v[j - 1];
			v[j - 1] = other;
		}
}

ex_status ex_listen(ex_instance *instance, ex_listener listener, void *user)
{
	if (instance->listener_count == MOST_LISTENERS)
		return 1;
	instance->listeners[instance->listener_count].call = listener;
	instance->listeners[instance->listener_count++].user = user;
	return 0;
}

void ex_unlisten(ex_instance *instance)
{
	last_listener = instance->listeners[0].call;
	last_listener_user = instance->listeners[0].user;
	last_listener_instance = instance;
	instance->listener_count = 0;
}

uint32_t ex_emit(ex_instance *instance, const char *event)
{
	uint32_t i;
	for (i = 0; i < instance->listener_count; i++)
		instance->listeners[i].call(instance, event, instance->listeners[i].user);
	return i;
}

ex_status ex_set_curve(ex_voice *voice, ex_curve curve)
{
	voice->curve = curve;
	return 0;
}

void ex_uncurve(ex_voice *voice)
{
	last_curve = voice->curve;
	voice->curve = NULL;
}

double ex_apply_curve(ex_voice *voice, double x) { return voice->curve ? voice->curve(x) : x; }

static struct {
	int32_t result;
	ex_done done;
	void *user;
} put_off[8];
static uint32_t put_off_count;

void ex_later(int32_t result, ex_done done, void *user)
{
	if (put_off_count == sizeof put_off / sizeof *put_off)
		return;
	put_off[put_off_count].result = result;
	put_off[put_off_count].done = done;
	put_off[put_off_count++].user = user;
}

uint32_t ex_poll(void)
{
	uint32_t i, n = put_off_count;
	put_off_count = 0;
	for (i = 0; i < n; i++) {
		last_done = put_off[i].done;
		last_done_user = put_off[i].user;
		put_off[i].done(put_off[i].result, put_off[i].user);
	}
	return n;
}

static ex_logger logger;

void ex_set_logger(ex_logger l) { logger = l; }

void ex_log(const char *line)
{
	if (logger != NULL)
		logger(line);
}

int32_t ex_handle_all(const struct ex_handlers *handlers, int32_t n)
{
	int32_t i, sum = 0;
	for (i = 0; i < n && i < EX_MOST_VISITS; i++)
		sum += handlers->visit(handlers->user, i) * handlers->scale;
	return sum;
}

/* ---- shared memory, state ------------------------------------------------ */

void ex_render(ex_instance *instance, const float *in, float *out, uint32_t n)
{
	uint32_t i;
	(void)instance;
	for (i = 0; i < n; i++)
		out[i] = in[i] * 2;
}

void ex_gain(float *samples, uint32_t n, float gain)
{
	uint32_t i;
	for (i = 0; i < n; i++)
		samples[i] *= gain;
}

uint32_t ex_checksum(const uint16_t *data, uint32_t n)
{
	uint32_t i, sum = 0;
	for (i = 0; i < n; i++)
		sum += data[i];
	return sum;
}

void ex_connect(ex_instance *instance, float *samples) { instance->samples = samples; }

double ex_connected(ex_instance *instance, uint32_t n)
{
	double sum = 0;
	uint32_t i;
	for (i = 0; instance->samples != NULL && i < n && i < EX_MOST_NOTES; i++)
		sum += instance->samples[i];
	return sum;
}

uint32_t ex_save(ex_instance *instance, uint8_t *state, uint32_t room)
{
	if (state != NULL)
		memcpy(state, instance->state, room < instance->state_length ? room : instance->state_length);
	return instance->state_length;
}

ex_status ex_restore(ex_instance *instance, const uint8_t *state, uint32_t n)
{
	if (n > sizeof instance->state)
		return 1;
	memcpy(instance->state, state, n);
	instance->state_length = n;
	return 0;
}
