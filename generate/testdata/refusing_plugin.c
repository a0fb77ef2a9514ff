/* refusing_plugin.c - see refusing.xml. */
#include "refusing.h"

#include <stdlib.h>

struct re_box {
	re_heard heard;
	void *user;
};
struct re_lid {
	re_box *box;
};

re_box *re_new(void) { return calloc(1, sizeof(re_box)); }

int32_t re_free(re_box *box, bool refuse)
{
	if (refuse)
		return 3;
	free(box);
	return 0;
}

re_lid *re_lid_new(re_box *box)
{
	re_lid *lid = malloc(sizeof *lid);
	if (lid != NULL)
		lid->box = box;
	return lid;
}

int32_t re_lid_free(re_lid *lid, bool refuse)
{
	if (refuse)
		return -2;
	free(lid);
	return 5;
}

int32_t re_number(re_box *box) { return box != NULL ? 42 : 0; }

bool re_listen(re_box *box, re_heard heard, void *user)
{
	box->heard = heard;
	box->user = user;
	return true;
}

bool re_ignore(re_box *box, bool refuse)
{
	(void)box;
	return !refuse;
}

int32_t re_tell(re_box *box) { return box->heard(box->user); }
