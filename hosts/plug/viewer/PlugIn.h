/* The protocol between the program and its plug-ins. */
#ifndef PLUGIN_H
#define PLUGIN_H

#include "classic.h"

enum { plugInInit, plugInEvt, plugInLoadFile, plugInWindowClosed, plugInExit };
enum { createWindow };
enum { kNumParam = 8 };

#pragma pack(push, 2)

/* What the callback gets: message says what is asked for, param what with, and what
 * came of it. */
typedef struct {
	short message;
	Ptr param[kNumParam];
} CallbackParamBlock;

/* What the plug-in gets. */
typedef struct {
	short message;
	Ptr param[kNumParam];
	UniversalProcPtr callback; /* pascal Boolean (CallbackParamBlock *), 68K code */
} PlugInParamBlock;

#pragma pack(pop)

enum {
	kPlugInProcInfo = 0 | 1 << 4 | 3 << 6, /* pascal Boolean (void *) */
	kPlugInType = 'PLUG',
	kPlugInID = 1000
};

Boolean PlugInMain(PlugInParamBlock *pb);

#endif
