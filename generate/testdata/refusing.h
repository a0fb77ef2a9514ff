/* refusing.h - see refusing.xml. */
#ifndef REFUSING_H
#define REFUSING_H

#include <stdbool.h>
#include <stdint.h>

typedef struct re_box re_box;
typedef struct re_lid re_lid;
typedef int32_t (*re_heard)(void *user);

re_box *re_new(void);
int32_t re_free(re_box *box, bool refuse);
re_lid *re_lid_new(re_box *box);
int32_t re_lid_free(re_lid *lid, bool refuse);
int32_t re_number(re_box *box);
bool re_listen(re_box *box, re_heard heard, void *user);
bool re_ignore(re_box *box, bool refuse);
int32_t re_tell(re_box *box);

#endif
