/* What crossplug has of <time.h>, imports of fragments, is in classic.h. */
#include "classic.h"
