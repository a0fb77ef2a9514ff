/* Printing, above all of floating point, to the last digit. */
#include "program.h"

int main(void)
{
	print("[%d] [%5d] [%-5d] [%05d] [%u] [%x] [%08x] [%c] [%s] [%10s] [%-10s] [%%]", -42, -42, -42, -42, 4294967295u, 0xbeef, 0xbeef, 'x',
	      "text", "right", "left");
	print("[%ld] [%lu] [%lx] [%020ld]", -(i64)(1ull << 63), ~0ull, 0x123456789abcdefull, -1234567890123ll);
	static const double some[] = { 0, 1, -1, 0.1, 0.5, 1.5, 2.5, 0.125, 1.0 / 3, 100, 123456.789, 1e15, 9.999999999, 99999999.5, 1e-5, 0.000999999, 6.02214076e23, -7.25 };
	for (int i = 0; i < COUNT(some); i++)
		print("%.0f %.1f %f %.10f %e %.2e %.15e", some[i], some[i], some[i], some[i], some[i], some[i], some[i]);
	print("%.55f", 0.1);
	print("%f", 1e30);
	print("%.3f", 1.7976931348623157e308);
	print("%.20e", 2.2250738585072014e-308);
	print("%.16e", 4.9406564584124654e-324);
	print("%f %f %e", of_bits(0x7ff0000000000000), -of_bits(0x7ff0000000000000), of_bits(0x7ff8000000000000));
	print("%f %.2f", of_bits(1ull << 63), -0.001);
	print("[%12.3f] [%-12.3f] [%012.3f]", -3.14159, 3.14159, -3.14159);
	for (int i = 0; i < 10; i++)
		print("%*d|", i + 1, i * i);
	float f = 0.1f;
	print("%.20f %.10f", f, f * 3);
	return 0;
}
