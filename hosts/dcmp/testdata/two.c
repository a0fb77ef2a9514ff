/* A second symbol. */
void work(void) { }
