/* What main.s calls by every convention: each parameter shows in the result. */
long mix(long a, short b, char c, unsigned long d)
{
	return a * 1000 + b * 100 + c * 10 + (long)d;
}
