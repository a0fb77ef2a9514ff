/* What crossplug has of <ctype.h>, imports of fragments, is in classic.h. */
#include "classic.h"
