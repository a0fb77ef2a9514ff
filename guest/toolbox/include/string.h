/* What crossplug has of <string.h>, imports of fragments, is in classic.h. */
#include "classic.h"
