/* What crossplug has of <math.h>, imports of fragments, is in classic.h. */
#include "classic.h"
