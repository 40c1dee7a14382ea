"""`lanyard threads import`: what people answered before Lanyard came → the evidence that listening would have kept."""
