/* What crossplug has of <stdlib.h>, imports of fragments, is in classic.h. */
#include "classic.h"
