"""A lean client for AWS's JSON services: one signed POST over a kept-alive connection.

boto3 costs about 1.1 ms of CPU per call and 170 to 210 ms of import; this costs a thirtieth and a
fifth of that. Used where it counts (intake, the night); see docs/decisions/0010-wire-client.md.
"""
