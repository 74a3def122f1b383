int five(int a, int b, int c, int d, int (*e)(int, int))
{
	return 0;
}

static int four_and_why(int a, int b, int c, int d,
			struct reason *why)
{
	return 0;
}

void four_and_more(int a, int b, int c, const char *fmt, ...)
{
	static const struct row rows[] = {
		{1, 2},
		{
			3,
			4,
		},
	};
}

void nested(void)
{
	for (;;) {
		if (a) {
			while (b)
				c();
		} else {
			struct row row = {
				.a = 1,
			};
			switch (d) {
			case 1:
				break;
			}
		}
	}
}

void flat(void)
{
	for (;;) {
		if (a) {
			b();
		} else if (b) {
			c();
		}
	}
	while (x) {
		if (a) {
			b();
		}
	}
}
