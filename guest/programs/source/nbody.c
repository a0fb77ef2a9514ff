/* Planets: square roots by Newton, energy kept. */
#include "program.h"

struct body {
	double x[3], v[3], mass;
};

static struct body bodies[] = {
	{ { 0, 0, 0 }, { 0, 0, 0 }, 39.478417604357432 },
	{ { 4.84143144246472090, -1.16032004402742839, -0.103622044471123109 }, { 0.606326392995832, 2.81198684491626016, -0.02521836165988763 }, 0.03769367487038949 },
	{ { 8.34336671824457987, 4.12479856412430479, -0.403523417114321381 }, { -1.01077434617879236, 1.82566237123041186, 0.00841576137658415351 }, 0.011286326131968767 },
	{ { 12.8943695621391310, -15.1111514016986312, -0.223307578892655734 }, { 1.08279100644153536, 0.868713018169608219, -0.0108326374013636358 }, 0.0017237240570597112 },
};

static NOINLINE double root(double v)
{
	u64 guess = (bits_of(v) >> 1) + 0x1ff7a3bea91d9b1bull;
	double x = of_bits(guess);
	for (int i = 0; i < 5; i++)
		x = 0.5 * (x + v / x);
	return x;
}

static NOINLINE double energy(void)
{
	double e = 0;
	for (int i = 0; i < COUNT(bodies); i++) {
		struct body *b = &bodies[i];
		e += 0.5 * b->mass * (b->v[0] * b->v[0] + b->v[1] * b->v[1] + b->v[2] * b->v[2]);
		for (int k = i + 1; k < COUNT(bodies); k++) {
			double d2 = 0;
			for (int j = 0; j < 3; j++) {
				double d = b->x[j] - bodies[k].x[j];
				d2 += d * d;
			}
			e -= b->mass * bodies[k].mass / root(d2);
		}
	}
	return e;
}

static NOINLINE void advance(double dt)
{
	for (int i = 0; i < COUNT(bodies); i++)
		for (int k = i + 1; k < COUNT(bodies); k++) {
			struct body *a = &bodies[i], *b = &bodies[k];
			double d[3], d2 = 0;
			for (int j = 0; j < 3; j++) {
				d[j] = a->x[j] - b->x[j];
				d2 += d[j] * d[j];
			}
			double m = dt / (d2 * root(d2));
			for (int j = 0; j < 3; j++) {
				a->v[j] -= d[j] * b->mass * m;
				b->v[j] += d[j] * a->mass * m;
			}
		}
	for (int i = 0; i < COUNT(bodies); i++)
		for (int j = 0; j < 3; j++)
			bodies[i].x[j] += dt * bodies[i].v[j];
}

int main(void)
{
	print("energy %.12f", energy());
	for (int t = 0; t < 60; t++) {
		advance(0.01);
		if (t % 15 == 14)
			print("energy %.12f at %.9f %.9f %.9f", energy(), bodies[1].x[0], bodies[1].x[1], bodies[1].x[2]);
	}
	print("%b %b", bodies[3].x[0], bodies[2].v[2]);
	return 0;
}
