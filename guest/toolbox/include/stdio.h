/* What crossplug has of <stdio.h>, imports of fragments, is in classic.h. */
#include "classic.h"
