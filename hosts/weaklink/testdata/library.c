/* The library, in two versions. */

long ShowPicture(long n)
{
	return n + VERSION;
}

#if VERSION > 1
long TurnPicture(long n)
{
	return -n;
}
#endif

short start(void *block)
{
	return block ? START : -1;
}
