/* refusing_host.c - an application of refusing.xml's API. */
#include "link.h"
#include "refusing.h"

#include <stdio.h>

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: %s; %s: %s\n", __LINE__, #condition, failure.function, failure.what); \
			return 1; \
		} \
	} while (0)

static int32_t heard(void *user) { return *(int32_t *)user; }

int main(int argc, char **argv)
{
	int32_t number = 7;
	re_box *box;
	re_lid *lid, *other;

	(void)argc;
	link_start(argv + 1);
	box = re_new();
	lid = re_lid_new(box);
	other = re_lid_new(box);
	CHECK(box != NULL && lid != NULL && other != NULL && re_number(box) == 42);

	CHECK(re_listen(box, heard, &number) && re_tell(box) == 7);
	CHECK(!re_ignore(box, true) && re_tell(box) == 7);
	CHECK(failure.count == 0);
	CHECK(re_ignore(box, false) && re_tell(box) == 0 && failure.status == CP_RELEASED);
	CHECK(re_listen(box, heard, &number));

	failure.count = 0;
	CHECK(re_lid_free(lid, true) == -2 && re_lid_free(lid, true) == -2);
	CHECK(re_free(box, true) == 3 && re_number(box) == 42 && re_tell(box) == 7);
	CHECK(failure.count == 0);

	CHECK(re_lid_free(lid, false) == 5 && failure.count == 0);
	CHECK(re_lid_free(lid, false) == -1 && failure.status == CP_STALE);
	failure.count = 0;
	CHECK(re_lid_free(other, false) == 5 && re_free(box, false) == 0 && failure.count == 0);
	CHECK(re_number(box) == 0 && failure.status == CP_STALE);
	link_end();
	return 0;
}
