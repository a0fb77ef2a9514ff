/* Another file of the plug-in, for what crosses between objects. */
extern int helper(int);
extern int big[100];
int common_value;
static double halves[3] = {0.5, 1.5, 2.5};
int from_second(int n) { return helper(n) + (int)(4 * halves[n % 3]) + big[n]; }
