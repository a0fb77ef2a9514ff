/* The 'PLUG' resource of the plug-in on a PowerPC: an entry to the import library in the
 * data fork of the same file. The Code Fragment Manager does not look for libraries
 * there, so the library is linked weakly, and if it was not found the fragment's
 * initialisation routine finds it: the resource that it is itself is in some open
 * resource file, and that is the file. */
#include "PlugIn.h"

typedef Boolean (*PlugInEntry)(PlugInParamBlock *pb);

extern Boolean PlugInMain(PlugInParamBlock *pb) __attribute__((weak));

#pragma pack(push, 2)
typedef struct {
	long offsets[4];
	Handle next;
	short fileRefNum;
} ResourceMap;
#pragma pack(pop)

static PlugInEntry plug_in;

static OSErr load_library(void)
{
	static FCBPBRec file;
	short old = CurResFile();
	ConnectionID connection;
	OSErr error = noErr;
	Str255 name;
	FSSpec spec;
	Handle self;
	Ptr main_address;
	UInt8 kind;

	UseResFile((**(ResourceMap **)LMGetTopMapHndl()).fileRefNum);
	self = GetResource(kPlugInType, kPlugInID);
	if (!self)
		error = ResError();
	if (error == noErr) {
		file.ioNamePtr = name;
		file.ioRefNum = HomeResFile(self);
		error = PBGetFCBInfoSync((void *)&file);
	}
	if (error == noErr)
		error = FSMakeFSSpec(file.ioFCBVRefNum, file.ioFCBParID, name, &spec);
	if (error == noErr)
		error = GetDiskFragment(&spec, 0, 0, "", 1, &connection, &main_address, name);
	if (error == noErr)
		error = FindSymbol(connection, "\x0aPlugInMain", (Ptr *)(void *)&plug_in, &kind);
	UseResFile(old);
	return error;
}

OSErr initialise(void *block)
{
	PlugInEntry volatile linked = PlugInMain; /* 0 if there is no library */

	plug_in = linked;
	return plug_in ? noErr : load_library();
}

Boolean stub(PlugInParamBlock *pb)
{
	return plug_in ? plug_in(pb) : false;
}
