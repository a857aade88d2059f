"""Set-ups that are broken on purpose: does the doctor name the fault, and does its remedy mend it?"""
