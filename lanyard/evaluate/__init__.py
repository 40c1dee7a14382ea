"""Replays of logged questions: how good are the answers, and whom would they have been routed to?"""
