/*
 * hostile.c - the exercise's dispatcher, in the hands of an enemy.
 *
 * One message in eight that goes to the host, answers and requests alike, is
 * damaged on its way, and now and then the host is called out of turn. What the
 * host sends arrives whole, so that much happens.
 */
#define crossplug_dispatch honest_dispatch
#define crossplug_attach honest_attach
#include "exercise_dispatcher.c"
#undef crossplug_dispatch
#undef crossplug_attach

static uint64_t hostile_state = 88172645463325252u;
static cp_upcall *hostile_host;

static uint32_t pick(uint32_t n) /* xorshift */
{
	hostile_state ^= hostile_state << 13;
	hostile_state ^= hostile_state >> 7;
	hostile_state ^= hostile_state << 17;
	return (uint32_t)(hostile_state >> 32) % n;
}

static uint32_t damage(unsigned char *frame, uint32_t length)
{
	static const uint64_t words[] = {0, 1, 2, 7, 9, 255, 65536, 65537, INT32_MAX, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 1, UINT64_MAX};
	uint32_t n = length / 8, i;

	if (pick(8) != 0 || n == 0)
		return length;
	i = pick(n);
	switch (pick(5)) {
	case 0:
		cp_store(frame + 8 * i, words[pick(sizeof words / sizeof *words)]);
		break;
	case 1:
		frame[8 * i + pick(8)] ^= (unsigned char)(1 << pick(8));
		break;
	case 2:
		cp_store(frame + 8 * i, cp_load(frame + 8 * pick(n)));
		break;
	case 3: /* another length, which the head confirms or not */
		length = pick(4) == 0 ? pick(1 << 19) : 8 * pick(n + 4);
		if (pick(4) != 0)
			cp_store(frame, (uint32_t)cp_load(frame) | (uint64_t)length << 32);
		break;
	case 4: /* another function or status */
		cp_store(frame, pick(130) | (uint64_t)length << 32);
		break;
	}
	return length;
}

static uint64_t hostile_up(void *frame, uint32_t length)
{
	if (pick(50) == 0)
		hostile_host((char *)frame + 8 * pick(100), length); /* no frame is there */
	return hostile_host(frame, damage(frame, length));
}

CP_PUBLIC uint32_t crossplug_attach(const unsigned char *block);
CP_PUBLIC uint32_t crossplug_attach(const unsigned char *block)
{
	uint32_t status = honest_attach(block);
	hostile_host = cp_host;
	cp_host = hostile_up;
	return status;
}

CP_PUBLIC uint32_t crossplug_dispatch(void *frame, uint32_t length);
CP_PUBLIC uint32_t crossplug_dispatch(void *frame, uint32_t length)
{
	uint32_t n = honest_dispatch(frame, length);
	if (pick(50) == 0)
		hostile_host(frame, 16); /* again, though it has been answered */
	return damage(frame, n);
}
