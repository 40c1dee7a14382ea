"""What Lanyard costs and how good it is, measured: beginning as it does, with one thread for linear algebra."""

import lanyard as lanyard
