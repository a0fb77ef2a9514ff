/* plugin.h - what the files of the exercise plug-in share. */
#include "exercise.h"

/* Bad behaviour that ex_misbehave has ordered. */
extern int bad_union, bad_count;

/* Callbacks as they were when they were released, for bad behaviour. */
extern ex_visit last_visit;
extern void *last_visit_user;
extern ex_listener last_listener;
extern void *last_listener_user;
extern ex_instance *last_listener_instance;
extern ex_curve last_curve;
extern ex_done last_done;
extern void *last_done_user;
